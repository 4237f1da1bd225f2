//! Pre token generation: the only gate on every path. Finds out which tenant a token may speak of, whether this person stands in it
//! right now and may sign in this way, enrols whom the earlier triggers missed, and writes the claims.

mod machine;
mod member;
mod settings;
mod shared;
pub mod token;

use domain::access::Way;
use domain::claims::{NameMap, Speaker};
use domain::{
    Account, Binding, Catalogue, Client, ClientKind, Membership, Mode, Person, Refusal, Tenant, TenantId, UserName,
};
use jiff::Timestamp;
use lambda::{Call, Event, Outcome, Source, Trigger};
pub use settings::{Unusable, name_map};
use shared::Shared;
use store::clients::{self, Guesses};
use store::{Batch, Broken, Found, Session, Table, challenge};
use token::Version;

/// The member of `clientMetadata` that says, at a shared client, which tenant the token should speak of: its id.
pub const TENANT: &str = "tenant_id";

/// The trigger.
#[derive(Debug)]
pub struct PreTokenGeneration {
    table: Table,
    names: NameMap,
    random: fn() -> Option<[u8; 16]>,
    guesses: Guesses,
    members: shared::Members,
}

impl PreTokenGeneration {
    /// Over this table, with these names for the claims; `random` makes the ids of members.
    pub fn new(table: Table, names: NameMap, random: fn() -> Option<[u8; 16]>) -> Self {
        Self { table, names, random, guesses: Guesses::default(), members: shared::Members::default() }
    }
}

impl Trigger for PreTokenGeneration {
    const NAME: &'static str = "pre-token-generation";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        let session = self.table.session(Some(call.deadline));
        let outcome = match (event.client(), Version::of(&event), Asked::of(&event)) {
            (None, _, _) => Outcome::fail(Refusal::ClientNotBound),
            (Some(client), Some(version), Some(asked)) => {
                self.answer(event, version, &asked, client, &session, call.now).await
            }
            // Nobody knows such an event yet: refused, unless the client is being observed.
            (Some(client), _, _) if clients::observes(&session, &client).await => {
                Outcome::reply(event.unchanged(), "observed").would(Refusal::UnsupportedEvent)
            }
            _ => Outcome::fail(Refusal::UnsupportedEvent),
        };
        outcome.after(session.calls())
    }
}

/// For whom a token is asked.
enum Asked {
    /// For a machine, by client credentials.
    Machine,
    /// For a person.
    Person(Box<Visitor>),
}

/// A person who wants a token.
struct Visitor {
    person: Person,
    user_name: UserName,
    account: Account,
    way: Way,
    /// The tenant that this call asks for: a hint, which the table must confirm.
    hint: Hint,
}

/// What the caller says of the tenant.
enum Hint {
    Nothing,
    Tenant(TenantId),
    /// Something that is no tenant's id.
    Malformed,
}

impl Asked {
    fn of(event: &Event) -> Option<Self> {
        let way = match event.source()? {
            Source::TokenGenerationClientCredentials => return Some(Self::Machine),
            Source::TokenGenerationHostedAuth => Way::ManagedLogin,
            Source::TokenGenerationAuthentication => Way::Authentication,
            Source::TokenGenerationNewPasswordChallenge => Way::NewPassword,
            Source::TokenGenerationAuthenticateDevice => Way::Device,
            Source::TokenGenerationRefreshTokens => Way::Refresh,
            _ => return None,
        };
        let hint = match event.client_metadata(TENANT) {
            None => Hint::Nothing,
            Some(text) => text.parse().map_or(Hint::Malformed, Hint::Tenant),
        };
        let visitor =
            Visitor { person: event.person()?, user_name: event.user()?, account: event.account(), way, hint };
        Some(Self::Person(Box::new(visitor)))
    }
}

/// As whom a token may speak.
enum Voice {
    /// A member of a tenant.
    Member(Box<(Tenant, Membership)>),
    /// A machine of a tenant.
    Machine(Box<(Tenant, domain::Roles)>),
    /// Nobody's: a person at a shared client, without a tenant.
    Nobody,
    /// A member to be: an observed client enrols nobody, and enforced it would.
    Newcomer,
}

impl Voice {
    fn speaker(&self) -> Option<Speaker<'_>> {
        match self {
            Self::Member(of) => {
                let (tenant, membership) = of.as_ref();
                Some(Speaker { tenant, member: Some(&membership.member), roles: &membership.roles })
            }
            Self::Machine(of) => {
                let (tenant, roles) = of.as_ref();
                Some(Speaker { tenant, member: None, roles })
            }
            Self::Nobody | Self::Newcomer => None,
        }
    }
}

/// The answer, and how it came about.
struct Verdict {
    voice: Result<Voice, Refusal>,
    decision: &'static str,
    tenant: Option<TenantId>,
    /// What a tenant refused where the token is issued all the same, without a tenant.
    would: Option<Refusal>,
}

impl Verdict {
    fn refuse(refusal: Refusal, tenant: impl Into<Option<TenantId>>) -> Self {
        Self { voice: Err(refusal), decision: "refused", tenant: tenant.into(), would: None }
    }
}

/// What the first round trip found: the binding as it is now, the catalogue, and whatever was guessed to be needed.
struct First {
    binding: Binding,
    catalogue: Catalogue,
    found: Found,
    /// The tenant whose facts are among what was found.
    guessed: Option<TenantId>,
}

impl PreTokenGeneration {
    async fn answer(
        &self,
        event: Event,
        version: Version,
        asked: &Asked,
        client: Client,
        session: &Session,
        now: Timestamp,
    ) -> Outcome {
        let (binding, catalogue, verdict) = match self.verdict(asked, version, &client, session, now).await {
            Ok(Some(decided)) => decided,
            Ok(None) => return Outcome::fail(Refusal::ClientNotBound),
            Err(_) if clients::observes(session, &client).await => {
                return Outcome::reply(event.unchanged(), "observed").would(Refusal::TryAgain);
            }
            Err(broken) => return Outcome::broken(broken),
        };
        let Verdict { voice, decision, tenant, would } = verdict;
        let outcome = match (binding.mode, voice) {
            // Enforcing the client locks this person out of nothing: their token speaks of no tenant then either.
            (Mode::Observe, Ok(Voice::Nobody)) => Outcome::reply(event.unchanged(), "observed: no tenant").would(would),
            (Mode::Observe, voice) => Outcome::reply(event.unchanged(), "observed").would(voice.err().or(would)),
            (Mode::Enforce, Err(refusal)) => Outcome::fail(refusal),
            (Mode::Enforce, Ok(voice)) => {
                match token::write(event, version, &self.names, &binding, voice.speaker(), &catalogue) {
                    Ok(reply) => Outcome::reply(reply, decision).would(would),
                    Err(refusal) => Outcome::fail(refusal),
                }
            }
        };
        outcome.of(tenant)
    }

    /// `None`: the client is not bound.
    async fn verdict(
        &self,
        asked: &Asked,
        version: Version,
        client: &Client,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<(Binding, Catalogue, Verdict)>, Broken> {
        let guess = self.guesses.of(client);
        if let (Asked::Person(visitor), Some(ClientKind::Shared)) = (asked, &guess) {
            match self.shared(visitor, client, session, now).await? {
                Shared::NotBound => return Ok(None),
                Shared::Decided(decided) => return Ok(Some(*decided)),
                Shared::Other => {}
            }
        }
        let guessed = guess.and_then(|kind| kind.tenant().cloned());
        let mut batch = Batch::default();
        clients::ask_binding(client, &mut batch);
        clients::ask_catalogue(&mut batch);
        if let Some(tenant) = &guessed {
            match asked {
                Asked::Person(visitor) => {
                    visitor.at(tenant, now).ask(&mut batch);
                    challenge::ask_passed(&visitor.person, &client.id, &mut batch);
                }
                Asked::Machine => machine::ask(tenant, &mut batch),
            }
        }
        let found = session.batch(batch).await?;
        let Some(binding) = clients::take_binding(client, &found)? else { return Ok(None) };
        self.guesses.learn(client, &binding.kind);
        let first = First { binding, catalogue: clients::take_catalogue(&found)?, found, guessed };
        let verdict = match (asked, &first.binding.kind) {
            // The kind of client and the kind of event must agree: below V3, client credentials fire no trigger at all.
            (Asked::Machine, ClientKind::Machine { tenant, roles }) if version == Version::V3 => {
                machine::verdict(tenant, roles, &first, session).await?
            }
            (Asked::Person(visitor), ClientKind::Tenant(tenant)) => {
                self.tenant(visitor, tenant, &first, session, now).await?
            }
            (Asked::Person(visitor), ClientKind::Shared) => {
                return match self.shared(visitor, client, session, now).await? {
                    Shared::NotBound => Ok(None),
                    Shared::Decided(decided) => Ok(Some(*decided)),
                    Shared::Other => Err(Broken::Contended),
                };
            }
            _ => Verdict::refuse(Refusal::ClientNotBound, first.binding.kind.tenant().cloned()),
        };
        Ok(Some((first.binding, first.catalogue, verdict)))
    }
}
