//! Something that happens between a write to a user pool and its answer: whoever wrote looks at a pool that is otherwise by then.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A way to the pool that stops once the pool was updated, until somebody says that it goes on.
pub(crate) struct Between {
    pub(crate) url: String,
    written: Receiver<()>,
    go_on: Sender<()>,
}

impl Between {
    pub(crate) async fn you_and(pool: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pool = pool.trim_start_matches("http://").to_owned();
        let (wrote, written) = channel(1);
        let (go_on, may) = channel(1);
        tokio::spawn(async move {
            let may = std::sync::Arc::new(tokio::sync::Mutex::new(may));
            while let Ok((caller, _)) = listener.accept().await {
                let there = TcpStream::connect(&pool).await.unwrap();
                let (wrote, may) = (wrote.clone(), std::sync::Arc::clone(&may));
                tokio::spawn(async move { pass(caller, there, &wrote, &may).await });
            }
        });
        Self { url, written, go_on }
    }

    /// Once the pool is written, and before anybody hears of it.
    pub(crate) async fn once_written(&mut self, happens: impl Future<Output = ()>) {
        self.written.recv().await.unwrap();
        happens.await;
        self.go_on.send(()).await.unwrap();
    }
}

async fn pass(mut caller: TcpStream, mut there: TcpStream, wrote: &Sender<()>, may: &tokio::sync::Mutex<Receiver<()>>) {
    while let Some(question) = message(&mut caller).await {
        there.write_all(&question).await.unwrap();
        let Some(answer) = message(&mut there).await else { return };
        if String::from_utf8_lossy(&question).contains("CognitoIdentityProviderService.UpdateUserPool\r\n") {
            wrote.send(()).await.unwrap();
            may.lock().await.recv().await.unwrap();
        }
        caller.write_all(&answer).await.unwrap();
    }
}

/// A whole message of HTTP/1.1 with its body, whose length it names; `None`: there are no more.
async fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        // Both sides write ASCII alone into these heads.
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if bytes.len() >= head.len() + 4 + length.unwrap_or(0) {
                return Some(bytes);
            }
        }
        from.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    }
}
