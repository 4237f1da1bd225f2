//! One process of a function: started, listened to, and buried.

use std::process::Stdio;
use std::sync::Arc;

use futures_util::future::OptionFuture;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use super::function::Function;

pub(crate) struct Worker {
    pub(crate) function: Arc<Function>,
    pub(crate) number: u64,
}

/// Runs the process until it ends by itself, or until the task is aborted, which kills it.
///
/// A parent that is killed outright cannot kill its children; they end by themselves then, because their Runtime API
/// connection breaks.
pub(crate) async fn run(worker: Worker) {
    let Worker { function, number } = worker;
    let reason = match command(&function, number).spawn() {
        Ok(mut child) => {
            let output = child.stdout.take().map(|pipe| read(pipe, Arc::clone(&function)));
            let errors = child.stderr.take().map(|pipe| read(pipe, Arc::clone(&function)));
            let lines = async { tokio::join!(OptionFuture::from(output), OptionFuture::from(errors)) };
            let status = async {
                tokio::select! {
                    status = child.wait() => status,
                    () = function.stopping() => {
                        child.kill().await?;
                        child.wait().await
                    }
                }
            };
            match tokio::join!(status, lines).0 {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            }
        }
        Err(error) => format!("{} cannot be started: {error}", function.binary.display()),
    };
    function.say(format!("process {number} ended: {reason}"));
    function.ended(number, &reason);
}

async fn read(pipe: impl AsyncRead + Unpin, function: Arc<Function>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        function.wrote(line);
    }
}

/// The environment is the one of AWS Lambda, "Defined runtime environment variables".
fn command(function: &Function, number: u64) -> Command {
    let mut command = Command::new(&function.binary);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "en_US.UTF-8")
        .env("TZ", ":UTC")
        .env("_HANDLER", "bootstrap")
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.options.memory_mb.to_string())
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{number:032x}"))
        // A scheme is what lets the address carry a path: without one it does not parse as a URL.
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/{}/{number}", function.runtime_api, function.name))
        .env("AWS_REGION", &function.options.region)
        .env("AWS_DEFAULT_REGION", &function.options.region)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_SESSION_TOKEN", "local")
        .envs(&function.env)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}
