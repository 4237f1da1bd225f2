//! One function: its waiting calls, its processes and its log.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

use super::worker::{self, Worker};
use super::{Options, Shared};
use crate::sink::Source;
use crate::{Clock, Random, Sink};

const LINES_KEPT: usize = 2_000;

/// What a call came to.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// The function answered.
    Answer(Bytes),
    /// The function failed; the body is Lambda's `{"errorType", "errorMessage"}`.
    Failure(Bytes),
}

impl Outcome {
    pub(crate) fn failure(error_type: &str, message: &str) -> Self {
        Self::Failure(json!({ "errorType": error_type, "errorMessage": message }).to_string().into())
    }
}

/// A call that waits for a process, or is with one.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) trace_id: String,
    pub(crate) deadline_ms: i64,
    pub(crate) payload: Bytes,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// What a process is doing.
#[derive(Debug)]
pub(crate) enum Activity {
    /// Started, and not yet asking for work.
    Starting,
    /// Waiting in `next`.
    Idle,
    /// Busy with the call of this id.
    Busy { id: String, reply: oneshot::Sender<Outcome> },
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Call>,
    workers: BTreeMap<u64, Activity>,
    tasks: BTreeMap<u64, JoinHandle<()>>,
    stopped: bool,
    log: VecDeque<String>,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) runtime_api: SocketAddr,
    pub(crate) options: Options,
    pub(crate) sink: Sink,
    clock: Clock,
    random: Random,
    /// Numbers of processes, shared by all functions: none is used twice, even if a function is replaced.
    numbers: Arc<AtomicU64>,
    state: Mutex<State>,
    work: Notify,
    stopping: watch::Sender<bool>,
}

impl Function {
    pub(super) fn new(
        name: &str,
        binary: PathBuf,
        env: BTreeMap<String, String>,
        runtime_api: SocketAddr,
        shared: &Shared,
    ) -> Self {
        Self {
            name: name.to_owned(),
            binary,
            env,
            runtime_api,
            options: shared.options.clone(),
            sink: shared.sink.clone(),
            clock: shared.clock.clone(),
            random: shared.random.clone(),
            numbers: Arc::clone(&shared.numbers),
            state: Mutex::default(),
            work: Notify::new(),
            stopping: watch::Sender::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the function and waits for its answer, its failure, or its time-out.
    pub(crate) async fn call(self: Arc<Self>, payload: Bytes) -> (String, Outcome) {
        let id = self.random.uuid();
        let (reply, answer) = oneshot::channel();
        let timeout = self.options.timeout;
        let now = self.clock.now().as_millisecond();
        let call = Call {
            id: id.clone(),
            trace_id: format!("Root=1-{:08x}-{};Sampled=0", now / 1000, self.random.hex::<12>()),
            deadline_ms: now.saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX)),
            payload,
            reply,
        };
        self.enqueue(call);
        // A moment longer than the deadline that the function was told, so that an answer at the deadline still counts.
        let outcome = match tokio::time::timeout(timeout + Duration::from_millis(250), answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Outcome::failure("Runtime.ExitError", &format!("RequestId: {id} Error: Runtime was stopped")),
            Err(_) => {
                self.give_up(&id);
                let seconds = timeout.as_secs_f32();
                self.say(format!("call {id} timed out after {seconds:.2} seconds"));
                Outcome::failure(
                    "Sandbox.Timedout",
                    &format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds"),
                )
            }
        };
        (id, outcome)
    }

    fn enqueue(self: &Arc<Self>, call: Call) {
        let mut state = self.state();
        if state.stopped {
            return;
        }
        state.waiting.push_back(call);
        let free = state.workers.values().filter(|activity| !matches!(activity, Activity::Busy { .. })).count();
        if free < state.waiting.len() && state.workers.len() < self.options.processes.max(1) {
            self.start_worker(&mut state);
        }
        drop(state);
        self.work.notify_one();
    }

    fn start_worker(self: &Arc<Self>, state: &mut State) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        state.workers.insert(number, Activity::Starting);
        let task = tokio::spawn(worker::run(Worker { function: Arc::clone(self), number }));
        state.tasks.insert(number, task);
    }

    /// Waits for a call for process `number`; `None` once the process is not wanted any more.
    pub(crate) async fn next(&self, number: u64) -> Option<Served> {
        loop {
            let notified = self.work.notified();
            {
                let mut state = self.state();
                let State { waiting, workers, stopped, .. } = &mut *state;
                let activity = workers.get_mut(&number)?;
                if *stopped {
                    return None;
                }
                // Whoever asked for the call may have gone away meanwhile.
                while waiting.front().is_some_and(|call| call.reply.is_closed()) {
                    waiting.pop_front();
                }
                if let Some(call) = waiting.pop_front() {
                    let Call { id, trace_id, deadline_ms, payload, reply } = call;
                    *activity = Activity::Busy { id: id.clone(), reply };
                    if !waiting.is_empty() {
                        self.work.notify_one();
                    }
                    return Some(Served { id, trace_id, deadline_ms, payload });
                }
                *activity = Activity::Idle;
            }
            notified.await;
        }
    }

    /// Takes the answer of process `number` to call `id`; false if it has no such call.
    pub(crate) fn finish(&self, number: u64, id: &str, outcome: Outcome) -> bool {
        let mut state = self.state();
        let Some(activity) = state.workers.get_mut(&number) else { return false };
        if !matches!(activity, Activity::Busy { id: busy, .. } if busy == id) {
            return false;
        }
        if let Activity::Busy { reply, .. } = std::mem::replace(activity, Activity::Idle) {
            let _ = reply.send(outcome);
        }
        true
    }

    /// The process could not start itself: everything that waits fails with its words.
    pub(crate) fn init_failed(&self, outcome: &Outcome) {
        let waiting = std::mem::take(&mut self.state().waiting);
        for call in waiting {
            let _ = call.reply.send(outcome.clone());
        }
    }

    /// The process ended: its call fails, and what waits gets a new process.
    pub(crate) fn ended(self: &Arc<Self>, number: u64, reason: &str) {
        let mut state = self.state();
        let activity = state.workers.remove(&number);
        state.tasks.remove(&number);
        match activity {
            Some(Activity::Busy { id, reply }) => {
                let message = format!("RequestId: {id} Error: Runtime exited with error: {reason}");
                let _ = reply.send(Outcome::failure("Runtime.ExitError", &message));
            }
            // It never asked for work: starting it again would end the same way, so the first caller is told.
            Some(Activity::Starting) if !state.stopped => {
                if let Some(call) = state.waiting.pop_front() {
                    let message = format!("RequestId: {} Error: Runtime exited with error: {reason}", call.id);
                    let _ = call.reply.send(Outcome::failure("Runtime.ExitError", &message));
                }
            }
            _ => {}
        }
        if !state.waiting.is_empty() && !state.stopped {
            self.start_worker(&mut state);
        }
    }

    /// Call `id` took too long: its process is ended, as Lambda does.
    fn give_up(self: &Arc<Self>, id: &str) {
        let mut state = self.state();
        state.waiting.retain(|call| call.id != id);
        let number = state.workers.iter().find_map(|(number, activity)| {
            matches!(activity, Activity::Busy { id: busy, .. } if busy == id).then_some(*number)
        });
        if let Some(number) = number {
            state.workers.remove(&number);
            // Aborting the task drops the child, which kills it.
            if let Some(task) = state.tasks.remove(&number) {
                task.abort();
            }
        }
        if !state.waiting.is_empty() && !state.stopped {
            self.start_worker(&mut state);
        }
    }

    /// Ends every process without waiting.
    pub(crate) fn stop(&self) {
        for task in self.take_tasks() {
            task.abort();
        }
        self.work.notify_waiters();
    }

    /// Ends every process and waits until they are gone.
    pub(crate) async fn end(&self) {
        let tasks = self.take_tasks();
        self.stopping.send_replace(true);
        for mut task in tasks {
            if tokio::time::timeout(Duration::from_secs(2), &mut task).await.is_err() {
                task.abort();
            }
        }
        self.work.notify_waiters();
    }

    /// Returns once the processes are to end.
    pub(crate) async fn stopping(&self) {
        // The sender lives as long as the function: waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    fn take_tasks(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.state();
        state.stopped = true;
        state.waiting.clear();
        state.workers.clear();
        std::mem::take(&mut state.tasks).into_values().collect()
    }

    /// Keeps and forwards a line that a process wrote.
    pub(crate) fn wrote(&self, line: String) {
        self.sink.put(Source::Function(self.name.clone()), line.clone());
        let mut state = self.state();
        if state.log.len() == LINES_KEPT {
            state.log.pop_front();
        }
        state.log.push_back(line);
    }

    pub(crate) fn say(&self, text: String) {
        self.sink.put(Source::Lambda(self.name.clone()), text);
    }

    pub(crate) fn logs(&self) -> Vec<String> {
        self.state().log.iter().cloned().collect()
    }

    /// The name by which Lambda calls the function.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:000000000000:function:{}", self.options.region, self.name)
    }
}

/// A call on its way to a process.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) id: String,
    pub(crate) trace_id: String,
    pub(crate) deadline_ms: i64,
    pub(crate) payload: Bytes,
}
