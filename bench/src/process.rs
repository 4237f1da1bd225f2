//! One process of a function: started, given events, looked at, ended.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use jiff::Timestamp;

use crate::runtime_api::{Invocation, Report, RuntimeApi};
use crate::share::{Group, Shares};

/// What only `main.rs` makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outside {
    /// For durations.
    pub(crate) clock: fn() -> Instant,
    /// The present moment.
    pub(crate) now: fn() -> Timestamp,
}

/// How a process is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) name: String,
    pub(crate) command: Vec<OsString>,
    pub(crate) folder: PathBuf,
    /// Beside what Lambda sets.
    pub(crate) environment: Vec<(String, OsString)>,
    pub(crate) memory_mb: u32,
}

/// How long a person would wait for a process that says nothing.
const PATIENCE: Duration = Duration::from_mins(1);
/// Cognito waits five seconds for a trigger.
const DEADLINE: Duration = Duration::from_secs(5);
/// How many of its last lines a process that failed is quoted with.
const QUOTED: usize = 12;

/// A running function. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Function {
    name: String,
    child: Child,
    api: RuntimeApi,
    group: Option<Group>,
    limited: bool,
    lines: Arc<Mutex<Vec<String>>>,
    invocations: u64,
    outside: Outside,
}

/// From the start to the moment at which it asked for an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Init {
    pub(crate) took: Duration,
    pub(crate) cpu: Option<Duration>,
}

/// From the event to its answer; the processor's time until it asked for the next event.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) took: Duration,
    pub(crate) cpu: Option<Duration>,
    pub(crate) answer: Bytes,
}

impl Function {
    /// Starts it and waits until it asks for an event.
    pub(crate) async fn start(
        launch: &Launch,
        shares: Option<&Shares>,
        outside: Outside,
    ) -> Result<(Self, Init), String> {
        let Launch { name, .. } = launch;
        let api = RuntimeApi::start(outside.clock)?;
        let group = shares.map(Shares::group).transpose()?;
        let mut command = command(launch, &api)?;
        let began = (outside.clock)();
        let child = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
        let lines = Arc::default();
        let mut function =
            Self { name: name.clone(), child, api, group, limited: false, lines, invocations: 0, outside };
        for pipe in [
            function.child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            function.child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ] {
            let lines = Arc::clone(&function.lines);
            std::thread::spawn(move || read(pipe, &lines));
        }
        if let Some(group) = &function.group {
            group.take_in(function.child.id())?;
        }
        let ready = function.ready().await?;
        let init = Init { took: ready.saturating_duration_since(began), cpu: cpu(function.child.id()) };
        Ok((function, init))
    }

    /// Sends an event and waits until the next one is asked for. From the first one on the process has its share of a processor.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<Answered, String> {
        if let Some(group) = self.group.as_ref().filter(|_| !self.limited) {
            group.limit()?;
            self.limited = true;
        }
        self.invocations += 1;
        let before = cpu(self.child.id());
        let deadline = (self.outside.now)() + DEADLINE;
        let invocation = Invocation {
            id: format!("00000000-0000-4000-8000-{:012x}", self.invocations),
            deadline_ms: u64::try_from(deadline.as_millisecond()).unwrap_or(0),
            event: event.clone(),
        };
        self.api.send(invocation)?;
        let (mut sent, mut answered) = (None, None);
        loop {
            match self.report().await? {
                Report::Sent(at) => sent = Some(at),
                Report::Answered(at, body) => answered = Some((at, body)),
                Report::Failed(body) => return Err(self.failure(&String::from_utf8_lossy(&body))),
                Report::Ready(_) => break,
            }
        }
        let cpu = cpu(self.child.id()).zip(before).map(|(after, before)| after.saturating_sub(before));
        let (Some(sent), Some((at, answer))) = (sent, answered) else {
            return Err(self.failure("it asked for the next event without an answer"));
        };
        Ok(Answered { took: at.saturating_duration_since(sent), cpu, answer })
    }

    /// The most memory that it ever had, in kilobytes.
    pub(crate) fn peak_kb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.split_whitespace().next()?.parse().ok()
    }

    /// What it wrote so far, without the lines' ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ready(&mut self) -> Result<Instant, String> {
        match self.report().await? {
            Report::Ready(at) => Ok(at),
            Report::Failed(body) => Err(self.failure(&String::from_utf8_lossy(&body))),
            other => Err(self.failure(&format!("it began with {other:?}"))),
        }
    }

    async fn report(&mut self) -> Result<Report, String> {
        let until = tokio::time::timeout(PATIENCE, async {
            loop {
                // A process that ended says nothing any more.
                tokio::select! {
                    report = self.api.report() => return report,
                    () = tokio::time::sleep(Duration::from_millis(100)) => {
                        if let Ok(Some(status)) = self.child.try_wait() {
                            return Err(status.to_string());
                        }
                    }
                }
            }
        });
        let report = until.await.unwrap_or_else(|_| Err(format!("it said nothing for {} s", PATIENCE.as_secs())));
        report.map_err(|error| self.failure(&error))
    }

    fn failure(&self, said: &str) -> String {
        let lines = self.lines();
        let quoted = lines.get(lines.len().saturating_sub(QUOTED)..).unwrap_or_default();
        format!("{}: {said}\n{}", self.name, quoted.join("\n"))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended by itself; the group can only be removed when it has.
        let _ended = self.child.kill();
        let _buried = self.child.wait();
    }
}

fn read(pipe: Option<Box<dyn Read + Send>>, lines: &Mutex<Vec<String>>) {
    for line in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()) {
        let Ok(line) = line else { return };
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The environment is the one of AWS Lambda, "Defined runtime environment variables".
fn command(launch: &Launch, api: &RuntimeApi) -> Result<Command, String> {
    let (program, arguments) = launch.command.split_first().ok_or_else(|| format!("{} has no command", launch.name))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&launch.folder)
        .env_clear()
        .env("LANG", "en_US.UTF-8")
        .env("TZ", ":UTC")
        .env("_HANDLER", "bootstrap")
        .env("LAMBDA_TASK_ROOT", &launch.folder)
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_FUNCTION_NAME", &launch.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", launch.memory_mb.to_string())
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", launch.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench/[$LATEST]0123456789abcdef0123456789abcdef")
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_SESSION_TOKEN", "bench")
        .envs(launch.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// The processor's time that a process has had, its own and the kernel's for it.
#[cfg(target_os = "linux")]
fn cpu(process: u32) -> Option<Duration> {
    use nix::time::ClockId;
    use nix::unistd::Pid;

    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(process).ok()?)).ok()?;
    clock.now().ok().map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
fn cpu(_: u32) -> Option<Duration> {
    None
}
