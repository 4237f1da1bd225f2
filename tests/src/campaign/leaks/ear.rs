//! Hears what a function would write to its log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use lambda::log::{LevelFilter, lines};
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// Keeps what is said.
#[derive(Debug, Clone, Default)]
pub(super) struct Ear(Arc<Mutex<Vec<u8>>>);

/// As long as a process knows one listener alone, `tracing` asks the thread that comes to a place first whether anybody wants to hear it, and
/// believes the answer for all threads. A second listener, which hears nothing, makes it ask each.
fn another() {
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry().with(LevelFilter::OFF)));
}

impl Ear {
    /// Hears, in this thread, what the functions' own log would have of it at its most talkative.
    pub(super) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        another();
        let subscriber = tracing_subscriber::registry().with(lines(LevelFilter::TRACE, self.clone()));
        tracing::subscriber::set_default(subscriber)
    }

    /// Hears, in this thread, everything that anybody says, the SDK's requests included: what the functions' log leaves out.
    pub(super) fn listen_to_everything(&self) -> tracing::subscriber::DefaultGuard {
        another();
        let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        tracing::subscriber::set_default(everything.with_writer(self.clone()).finish())
    }

    /// What was said since this was asked.
    pub(super) fn heard(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().expect("a lock"));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Ear {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
