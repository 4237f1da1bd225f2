//! The whole stack on free loopback ports: engine, table, functions, user pool, and the file that says where they are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Region};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Actor, PoolId};
use jiff::Timestamp;
use operations::Operations;
use store::{Connection, Table, definition};
use user_pool::functions::{Functions, Options};
use user_pool::{Clock, Pool, PreTokenVersion, Random, Server, Sink};

use crate::front_end::FrontEnd;
use crate::pool::{self, APPS, POOL, REGION, ROBOT};
use crate::programs::{Programs, TRIGGERS};
use crate::state::{State, StateFile};
use crate::{Engine, Fault, TABLE};

/// What only `main.rs` makes: time and randomness.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// The present moment.
    pub now: fn() -> Timestamp,
    /// Fills a buffer with unpredictable bytes.
    pub random: fn(&mut [u8]),
}

/// How to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time and randomness.
    pub world: World,
    /// The triggers' programs.
    pub programs: Programs,
    /// The folder that keeps the table; in memory if absent.
    pub data: Option<PathBuf>,
    /// Somebody else's Invoke endpoint, such as `cargo lambda watch`; our own functions if absent.
    pub lambda_endpoint: Option<String>,
    /// The folder in which `.tenantry/local.json` tells where everything is; no file if absent.
    pub state_dir: Option<PathBuf>,
    /// The version of the pre token generation event.
    pub pre_token_version: PreTokenVersion,
    /// `TENANTRY_CLAIMS` for the triggers.
    pub claims: Option<String>,
    /// Where log lines go.
    pub sink: Sink,
}

impl Settings {
    /// In memory, with our own functions, without a file, silent, with events of version 3, which serves machines too.
    pub fn new(world: World, programs: Programs) -> Self {
        Self {
            world,
            programs,
            data: None,
            lambda_endpoint: None,
            state_dir: None,
            pre_token_version: PreTokenVersion::V3,
            claims: None,
            sink: Sink::silent(),
        }
    }
}

/// The running stack. Dropping it ends everything; [`Stack::shutdown`] also waits until nothing is left.
#[derive(Debug)]
pub struct Stack {
    // Fields are dropped in this order: callers before what they call.
    server: Server,
    functions: Option<Functions>,
    engine: Engine,
    state: Option<StateFile>,
    table: Table,
    lambda_endpoint: String,
    sdk: cognito::Client,
    world: World,
    /// The secret behind the codes of this run.
    code_key: String,
}

impl Stack {
    /// Starts everything. The table is there, and empty unless it was kept; no app client is bound.
    pub async fn start(settings: Settings) -> Result<Self, Fault> {
        // Before anything runs: what was not built is the commonest reason not to start.
        let programs = match &settings.lambda_endpoint {
            None => TRIGGERS.map(|name| settings.programs.find(name).map(|path| (name, path))).into_iter().collect(),
            Some(_) => Ok(Vec::new()),
        };
        let programs: Vec<_> = programs?;

        let engine = Engine::start(settings.data.as_deref()).await?;
        let table = connect(&engine)?;
        definition::create(&table).await?;

        let clock = Clock::new(settings.world.now);
        let random = Random::new(settings.world.random);
        let (functions, lambda_endpoint) = if let Some(theirs) = settings.lambda_endpoint {
            (None, theirs)
        } else {
            let options = Options { region: REGION.to_owned(), ..Options::default() };
            let start = Functions::start_with(options, clock.clone(), random.clone(), settings.sink.clone()).await;
            let functions = start.map_err(Fault::io("the local Lambda"))?;
            let url = functions.url();
            (Some(functions), url)
        };

        let pool = pool::settings(lambda_endpoint.clone(), settings.pre_token_version);
        let start = Server::start(user_pool::Settings::new(vec![pool], clock, random, settings.sink)).await;
        let server = start.map_err(Fault::io("the local user pool"))?;
        let sdk = sdk(server.url());
        let mut key = [0; 32];
        (settings.world.random)(&mut key);
        let mut stack = Self {
            server,
            functions,
            engine,
            state: None,
            table,
            lambda_endpoint,
            sdk,
            world: settings.world,
            code_key: STANDARD.encode(key),
        };
        for (name, path) in programs {
            if let Some(functions) = &stack.functions {
                functions.add(name, path, stack.variables(settings.claims.as_deref()));
            }
        }
        if let Some(folder) = settings.state_dir {
            stack.state = Some(StateFile::write(&folder, &stack.describe())?);
        }
        Ok(stack)
    }

    fn describe(&self) -> State {
        let clients = APPS.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned()));
        let mut clients: BTreeMap<_, _> = clients.collect();
        clients.insert(ROBOT.0.to_owned(), "Acme's robot".to_owned());
        State {
            endpoint: self.engine.url(),
            table: TABLE.to_owned(),
            region: REGION.to_owned(),
            user_pool_endpoint: self.server.url().to_owned(),
            user_pool: POOL.to_owned(),
            lambda_endpoint: self.lambda_endpoint.clone(),
            clients,
            process: std::process::id(),
        }
    }

    /// The embedded `DynamoDB`.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The table in it.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Our own functions, unless somebody else serves them.
    pub const fn functions(&self) -> Option<&Functions> {
        self.functions.as_ref()
    }

    /// Lambda's Invoke endpoint.
    pub fn lambda_endpoint(&self) -> &str {
        &self.lambda_endpoint
    }

    /// What a function needs in its environment: where the table is, where mail goes, and the secret behind the codes.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.variables(None)
    }

    fn variables(&self, claims: Option<&str>) -> Vec<(String, String)> {
        let mut variables = vec![
            ("TENANTRY_TABLE".to_owned(), TABLE.to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.engine.url()),
            ("AWS_REGION".to_owned(), REGION.to_owned()),
            ("AWS_ENDPOINT_URL_SESV2".to_owned(), self.server.url().to_owned()),
            ("TENANTRY_MAIL_FROM".to_owned(), "no-reply@laptop.example".to_owned()),
            ("TENANTRY_CODE_KEY".to_owned(), self.code_key.clone()),
        ];
        if let Some(claims) = claims {
            variables.push(("TENANTRY_CLAIMS".to_owned(), claims.to_owned()));
        }
        variables
    }

    /// The user pool's server.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The user pool itself, for its settings.
    pub fn pool(&self) -> Option<std::sync::Arc<Pool>> {
        self.server.pool(POOL)
    }

    /// The user pool's id.
    pub fn pool_id(&self) -> Result<PoolId, Fault> {
        Ok(POOL.parse()?)
    }

    /// The official SDK, talking to the user pool.
    pub const fn sdk(&self) -> &cognito::Client {
        &self.sdk
    }

    /// What an operator can do to the table.
    pub fn operations(&self) -> Operations {
        self.acting(Actor::Operator("laptop".to_owned()))
    }

    /// What somebody can do to the table.
    pub fn acting(&self, actor: Actor) -> Operations {
        Operations::new(&self.table, actor, self.world.now, self.world.random)
    }

    /// The front end of an app client: `acme`, `globex` or `app`.
    pub fn app<'a>(&'a self, client: &'a str) -> FrontEnd<'a> {
        FrontEnd::new(self, client)
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        (self.world.now)()
    }

    /// Ends everything: when it returns, no process and no port is left, and the file is gone.
    pub async fn shutdown(self) {
        drop(self.state);
        self.server.shutdown().await;
        if let Some(functions) = self.functions {
            functions.shutdown().await;
        }
        self.engine.shutdown().await;
    }
}

fn connect(engine: &Engine) -> Result<Table, Fault> {
    let keys = ("local".to_owned(), "local".to_owned(), None);
    // One laptop needs no jitter between its retries.
    let connection = Connection::with_keys(TABLE.to_owned(), REGION.to_owned(), Some(engine.url()), keys, || 0);
    Ok(Table::connect(connection)?)
}

fn sdk(url: &str) -> cognito::Client {
    let config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("local", "local", None, None, "laptop"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    cognito::Client::from_conf(config)
}
