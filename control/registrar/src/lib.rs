//! The one function behind the templates' custom resources: tenants, app clients' bindings, identity providers and pools, as
//! CloudFormation asks for them.
//!
//! A thin face over `operations`, like the command line: it reads a request, calls, and tells CloudFormation. Invariants: whoever asks is
//! answered, whatever happened, before the function's time is over; a repeated request finds its own work and gives the same answer; what
//! one resource made, no other takes away; where the answer goes is decided here, and never logged.

pub mod answer;
pub mod claims;
mod client;
mod failure;
mod held;
mod in_line;
mod post;
mod properties;
mod provider;
pub mod request;
mod tenant;
mod user_pool;
mod wiring;

use std::time::Duration;

use aws_sdk_cognitoidentityprovider as cognito;
use domain::Actor;
use domain::claims::ClaimName;
use jiff::Timestamp;
use lambda::Call;
use lambda::resource::{Handled, Resource};
use operations::Operations;
use serde_json::Value;
use store::Table;
use tokio::time::{Instant, sleep, timeout_at};

pub use crate::answer::Answer;
pub use crate::failure::Failure;
pub use crate::post::Post;
use crate::request::{Envelope, Request, Verb};
pub use crate::wiring::ground;

/// So much of the function's time is kept for the answer.
const FOR_THE_ANSWER: Duration = Duration::from_secs(6);
/// The pause before what may pass is tried again: a new policy of IAM counts everywhere after some seconds.
const PAUSE: Duration = Duration::from_millis(1_500);

/// The table, the user pools, and what else a request needs.
#[derive(Debug)]
pub struct Ground {
    /// The table.
    pub table: Table,
    /// What asks user pools.
    pub cognito: cognito::Client,
    /// Every name that tokens say of a tenant and its members.
    pub claims: Vec<ClaimName>,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// Fills a slice with unpredictable bytes.
    pub random: fn(&mut [u8]),
}

/// The function.
#[derive(Debug)]
pub struct Registrar {
    ground: Result<Ground, Failure>,
    post: Post,
}

/// One request's work.
pub(crate) struct Bench {
    pub(crate) operations: Operations,
    pub(crate) cognito: cognito::Client,
    pub(crate) claims: Vec<ClaimName>,
    pub(crate) now: fn() -> Timestamp,
}

impl Registrar {
    /// Over this ground. A function that lacks a setting tells so whoever asks.
    pub const fn new(ground: Result<Ground, Failure>, post: Post) -> Self {
        Self { ground, post }
    }

    /// What CloudFormation is told; until when it is worked out.
    pub async fn answer(&self, event: &Value, envelope: &Envelope, until: Instant) -> (Answer, Option<Failure>, u32) {
        let Some(request) = Request::read(event, envelope.clone()) else {
            return told(envelope, None, Failure::Unreadable, 0);
        };
        let ground = match &self.ground {
            Ok(ground) => ground,
            Err(failure) => return told(envelope, None, Failure::Settings(failure.to_string()), 0),
        };
        // IAM lets CloudFormation invoke this function on behalf of whoever deploys the stack: an operator, known by the stack.
        let actor = Actor::Operator(format!("cloudformation {}", envelope.holder()));
        let bench = Bench {
            operations: Operations::new(&ground.table, actor, ground.now, ground.random),
            cognito: ground.cognito.clone(),
            claims: ground.claims.clone(),
            now: ground.now,
        };
        let done = timeout_at(until, Box::pin(patiently(&bench, &request, until))).await;
        let calls = bench.operations.session().calls();
        match done.unwrap_or(Err(Failure::TimedOut)) {
            Ok(answer) => (answer, None, calls),
            Err(failure) => told(envelope, physical(&request), failure, calls),
        }
    }
}

fn told(envelope: &Envelope, physical: Option<String>, failure: Failure, calls: u32) -> (Answer, Option<Failure>, u32) {
    (Answer::failed(envelope, physical, &failure), Some(failure), calls)
}

/// What a resource would be called whose creation failed: what may have been written all the same is found by that name.
fn physical(request: &Request) -> Option<String> {
    let text = |name| request.properties.get(name).and_then(Value::as_str).filter(|text| text.len() <= 128);
    let pool = text("UserPoolId")?;
    match (request.verb, request.kind.as_str()) {
        (Verb::Create, "Custom::TenantryClient") => Some(format!("{pool}/{}", text("ClientId")?)),
        (Verb::Create, "Custom::TenantryIdentityProvider") => {
            Some(format!("{pool}/{}", text("ProviderName")?.to_lowercase()))
        }
        (Verb::Create, "Custom::TenantryPool") => Some(pool.to_owned()),
        _ => None,
    }
}

/// Everything here is safe to repeat, so what may pass is tried again while there is time.
async fn patiently(bench: &Bench, request: &Request, until: Instant) -> Result<Answer, Failure> {
    loop {
        match once(bench, request).await {
            Err(failure) if failure.may_pass() && Instant::now() + PAUSE * 2 < until => sleep(PAUSE).await,
            done => return done,
        }
    }
}

async fn once(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    match request.kind.as_str() {
        "Custom::TenantryTenant" => tenant::handle(bench, request).await,
        "Custom::TenantryClient" => client::handle(bench, request).await,
        "Custom::TenantryIdentityProvider" => provider::handle(bench, request).await,
        "Custom::TenantryPool" => user_pool::handle(bench, request).await,
        // Such a resource was never made; its stack must be able to go.
        _ if request.verb == Verb::Delete => Ok(Answer::done(request.physical().unwrap_or_default())),
        _ => Err(Failure::UnknownType),
    }
}

impl Resource for Registrar {
    const NAME: &'static str = "registrar";

    async fn handle(&self, event: Value, call: Call) -> Handled {
        let Some(envelope) = Envelope::read(&event).filter(|envelope| self.post.allows(&envelope.response_url)) else {
            // Nobody can be answered, now or later.
            return Handled { decision: "unanswerable", code: Some("REQUEST_UNREADABLE"), ..Handled::default() };
        };
        let now = Instant::now();
        let time = call.deadline.saturating_duration_since(now);
        let until = now + time.saturating_sub(FOR_THE_ANSWER.min(time / 2));
        let (answer, failure, calls) = self.answer(&event, &envelope, until).await;
        let posted = self.post.put(&envelope.response_url, &answer.body(&envelope), call.deadline).await;
        Handled {
            request: said(&event),
            decision: if failure.is_some() { "refused" } else { "done" },
            code: failure.as_ref().map(Failure::code),
            calls,
            again: posted.err(),
        }
    }
}

/// Verb and type, for the log: only words that are known.
fn said(event: &Value) -> String {
    const KINDS: [&str; 4] = [
        "Custom::TenantryTenant",
        "Custom::TenantryClient",
        "Custom::TenantryIdentityProvider",
        "Custom::TenantryPool",
    ];
    let one = |name, known: &[&'static str]| {
        let text = event.get(name).and_then(Value::as_str);
        known.iter().find(|word| Some(**word) == text).copied().unwrap_or("?")
    };
    let verb = one("RequestType", &[Verb::Create, Verb::Update, Verb::Delete].map(Verb::word));
    format!("{verb} {}", one("ResourceType", &KINDS))
}
