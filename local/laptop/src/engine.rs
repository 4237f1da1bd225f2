//! The embedded `DynamoDB`: in memory or in a folder, on a loopback port, and it can be switched off and on again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use dynoxide::Database;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::Fault;

/// Requests that are under way get this long when the engine is switched off.
const GRACE: Duration = Duration::from_secs(2);

/// The engine. Dropping it ends it.
#[derive(Debug)]
pub struct Engine {
    address: SocketAddr,
    database: Data,
    power: Mutex<Power>,
}

struct Data(Database);

impl std::fmt::Debug for Data {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Data")
    }
}

#[derive(Debug)]
enum Power {
    On {
        off: oneshot::Sender<()>,
        server: JoinHandle<()>,
    },
    /// The port stays ours: it is bound, and nobody listens, so that callers are turned away as by a machine without a server.
    Off(TcpSocket),
    /// Between the two, or after a failed switch.
    Between,
}

impl Engine {
    /// Starts in memory, or with the file `dynamodb.sqlite` in a folder.
    pub async fn start(folder: Option<&Path>) -> Result<Self, Fault> {
        let failed = |cause: &dyn ToString| Fault::Engine {
            at: folder.map(|folder| format!(" in {}", folder.display())).unwrap_or_default(),
            cause: cause.to_string(),
        };
        let database = match folder {
            None => Database::memory().map_err(|error| failed(&error))?,
            Some(folder) => {
                fs::create_dir_all(folder).map_err(|error| failed(&error))?;
                let file = folder.join("dynamodb.sqlite");
                let file = file.to_str().ok_or_else(|| failed(&"the folder's name is not UTF-8"))?;
                Database::new(file).map_err(|error| failed(&error))?
            }
        };
        let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = bind.map_err(Fault::io("a loopback port for DynamoDB"))?;
        let address = listener.local_addr().map_err(Fault::io("a loopback port for DynamoDB"))?;
        let power = Mutex::new(serve(listener, &database));
        Ok(Self { address, database: Data(database), power })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Switches it off: callers are refused the connection, the data stays. Does nothing if it is off.
    pub async fn switch_off(&self) -> Result<(), Fault> {
        let mut power = self.power.lock().await;
        if matches!(*power, Power::Off(_)) {
            return Ok(());
        }
        stop(std::mem::replace(&mut *power, Power::Between)).await;
        let socket = TcpSocket::new_v4().map_err(Fault::io("switching DynamoDB off"))?;
        socket.set_reuseaddr(true).map_err(Fault::io("switching DynamoDB off"))?;
        socket.bind(self.address).map_err(Fault::io("switching DynamoDB off"))?;
        *power = Power::Off(socket);
        Ok(())
    }

    /// Switches it on again, on the same port. Does nothing if it is on.
    pub async fn switch_on(&self) -> Result<(), Fault> {
        let mut power = self.power.lock().await;
        *power = match std::mem::replace(&mut *power, Power::Between) {
            on @ Power::On { .. } => on,
            Power::Off(socket) => {
                serve(socket.listen(1024).map_err(Fault::io("switching DynamoDB on"))?, &self.database.0)
            }
            Power::Between => {
                let bind = TcpListener::bind(self.address).await;
                serve(bind.map_err(Fault::io("switching DynamoDB on"))?, &self.database.0)
            }
        };
        Ok(())
    }

    /// Ends it. When it returns, the port is free.
    pub async fn shutdown(self) {
        stop(self.power.into_inner()).await;
    }
}

fn serve(listener: TcpListener, database: &Database) -> Power {
    let (off, switched_off) = oneshot::channel();
    let database = database.clone();
    let server = tokio::spawn(async move {
        let until = async {
            let _ = switched_off.await;
        };
        let _ = dynoxide::server::serve_with_shutdown(listener, database, until).await;
    });
    Power::On { off, server }
}

async fn stop(power: Power) {
    if let Power::On { off, mut server } = power {
        let _ = off.send(());
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            server.abort();
            let _ = server.await;
        }
    }
}
