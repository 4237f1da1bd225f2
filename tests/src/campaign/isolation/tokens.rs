//! Who gets a token that speaks of whom: every credential at every client, with every hint, on every way of Cognito, in every version.

use serde_json::{Value, json};

use super::town::{Credential, Kind, TENANTS, Town, machine, names_another};
use super::{Tally, ensure};
use crate::nouns::tenant_id;
use crate::{Answer, Event};

/// At which client a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// A tenant's.
    Tenant(usize),
    /// The one that all tenants share.
    Shared,
    /// A tenant's machine's.
    Machine(usize),
    /// One that was unbound.
    Unbound,
    /// One that was never bound.
    Unknown,
    /// One of a tenant's name, in another pool.
    ForeignPool(usize),
}

impl At {
    pub(super) fn all() -> Vec<Self> {
        let each = |at: fn(usize) -> Self| (0..TENANTS.len()).map(at);
        let own = each(Self::Tenant).chain(each(Self::Machine)).chain(each(Self::ForeignPool));
        own.chain([Self::Shared, Self::Unbound, Self::Unknown]).collect()
    }

    /// The client's id.
    pub(super) fn client(self) -> String {
        match self {
            Self::Tenant(tenant) | Self::ForeignPool(tenant) => TENANTS[tenant].to_owned(),
            Self::Machine(tenant) => machine(tenant),
            Self::Shared => "portal".to_owned(),
            Self::Unbound => "closed".to_owned(),
            Self::Unknown => "stray".to_owned(),
        }
    }

    /// An event as it comes to this client.
    pub(super) fn pool(self, event: Event) -> Event {
        if matches!(self, Self::ForeignPool(_)) {
            event.with("/userPoolId", json!("eu-west-1_Foreign01"))
        } else {
            event
        }
    }
}

/// What the caller says of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    Nothing,
    Tenant(usize),
    Nonsense,
}

/// A door.
#[derive(Debug, Clone, Copy)]
struct Door {
    at: At,
    hint: Hint,
    way: &'static str,
    version: &'static str,
}

const WAYS: [&str; 6] = [
    "TokenGeneration_Authentication",
    "TokenGeneration_RefreshTokens",
    "TokenGeneration_HostedAuth",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_AuthenticateDevice",
    MACHINES,
];
const MACHINES: &str = "TokenGeneration_ClientCredentials";

/// What has to come of it.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// A token that speaks of this tenant, with this role.
    Speaks(usize, &'static str),
    /// A token without a tenant.
    NoTenant,
    /// No token, and one of these codes.
    Refused(&'static [&'static str]),
}

use Expected::{NoTenant, Refused, Speaks};

/// The table, from the README of the trigger and the promises: a bound client speaks of its tenant or refuses, whatever the caller hints;
/// a shared one of the hinted tenant, else of the only one, else of none; a machine of its tenant, by client credentials of version 3.
fn expected(who: &Credential, door: &Door) -> Expected {
    let not_bound = Refused(&["CLIENT_NOT_BOUND"]);
    // Whether the client or the event is of the wrong kind is seen first where the event shows it.
    let not_so = Refused(&["CLIENT_NOT_BOUND", "UNSUPPORTED_EVENT"]);
    if who.kind == Kind::Machine {
        let own = door.at == At::Machine(who.home) && door.version == "3" && door.way == MACHINES;
        return if own { Speaks(who.home, "api") } else { not_so };
    }
    if door.way == MACHINES {
        return not_so;
    }
    match (door.at, door.hint) {
        (At::Tenant(tenant), _) => who.stands(tenant).map_or(Refused(why(who, tenant)), |role| Speaks(tenant, role)),
        (At::Shared, Hint::Tenant(tenant)) => {
            who.stands(tenant).map_or(Refused(why(who, tenant)), |role| Speaks(tenant, role))
        }
        (At::Shared, Hint::Nonsense) => Refused(&["INVITATION_REQUIRED"]),
        (At::Shared, Hint::Nothing) => match who.kind {
            Kind::Owner | Kind::Admin | Kind::Member | Kind::Viewer | Kind::Federated => {
                who.stands(who.home).map_or(NoTenant, |role| Speaks(who.home, role))
            }
            // Of two tenants none is the only one; and who is only invited has to say where.
            _ => NoTenant,
        },
        (At::Machine(_) | At::Unbound | At::Unknown | At::ForeignPool(_), _) => not_bound,
    }
}

/// What is said to somebody who does not stand in a tenant: their own tenant's reason at their own tenant's door, and nothing of any
/// tenant elsewhere.
fn why(who: &Credential, tenant: usize) -> &'static [&'static str] {
    match who.kind {
        Kind::Requested if who.home == tenant => &["APPROVAL_PENDING"],
        Kind::Removed if who.home == tenant => &["MEMBERSHIP_ENDED"],
        Kind::Suspended if who.home == tenant => &["MEMBERSHIP_SUSPENDED"],
        Kind::Linked => &["LINKED_ACCOUNT"],
        Kind::Federated => &["PROVIDER_NOT_ACCEPTED"],
        _ => &["INVITATION_REQUIRED"],
    }
}

/// Everything at one credential: first what must be refused, then what must not.
pub(super) async fn row(town: &Town, who: &Credential, tally: &mut Tally) -> Result<(), String> {
    let world = town.world.restarted();
    let (mut refused, mut allowed) = (Vec::new(), Vec::new());
    for door in doors(who) {
        let expected = expected(who, &door);
        if matches!(expected, Speaks(..)) { allowed.push((door, expected)) } else { refused.push((door, expected)) }
    }
    for (door, expected) in &refused {
        let answer = world.ask(&event(who, door)).await;
        judge(&answer, door, expected).map_err(|what| format!("{door:?}: {what}"))?;
        town.look(&format!("{door:?}")).await?;
    }
    town.look_at_last().await?;
    for (door, expected) in &allowed {
        let answer = world.ask(&event(who, door)).await;
        judge(&answer, door, expected).map_err(|what| format!("{door:?}: {what}"))?;
    }
    if who.kind == Kind::Invited {
        // They are a member by now.
        town.put_back().await;
    }
    town.look_at_last().await?;
    tally.add("cells of tokens", (refused.len() + allowed.len()) as u64);
    tally.add("of them a token speaks", allowed.len() as u64);
    Ok(())
}

/// At clients of people every way of version 2, with every hint on the first two and the nearest on the others; at all others no hint and
/// their own. The other versions on the first way and the last.
fn doors(who: &Credential) -> Vec<Door> {
    let every = (0..TENANTS.len()).map(Hint::Tenant);
    let all: Vec<Hint> = [Hint::Nothing, Hint::Nonsense].into_iter().chain(every).collect();
    let near = [Hint::Nothing, Hint::Tenant(who.home), Hint::Tenant(super::town::next(who.home))];
    let mut doors = Vec::new();
    for at in At::all() {
        // Nobody has the credentials of another machine.
        if who.kind == Kind::Machine && matches!(at, At::Machine(other) if other != who.home) {
            continue;
        }
        for (nth, way) in WAYS.into_iter().enumerate() {
            // Nor has a person any machine's.
            if who.kind != Kind::Machine && way == MACHINES && matches!(at, At::Machine(_)) {
                continue;
            }
            let people = matches!(at, At::Tenant(_) | At::Shared);
            for version in ["1", "2", "3"] {
                let hints = match (version, people) {
                    ("2", true) if nth < 2 => &all[..],
                    ("2", true) => &near,
                    ("2", false) => &near[..2],
                    _ if nth == 0 || way == MACHINES => &near,
                    _ => &[],
                };
                doors.extend(hints.iter().map(|hint| Door { at, hint: *hint, way, version }));
            }
        }
    }
    doors
}

fn event(who: &Credential, door: &Door) -> Event {
    let (client, name) = (door.at.client(), who.name());
    let event = if who.kind == Kind::Machine {
        let event = Event::machine(&client).source(door.way);
        if door.version == "3" { event } else { event.version(door.version) }
    } else {
        who.shown(Event::token(&client, &name, &who.address())).source(door.way).version(door.version)
    };
    let event = door.at.pool(event);
    match door.hint {
        Hint::Nothing => event,
        Hint::Tenant(tenant) => event.metadata("tenant_id", tenant_id(TENANTS[tenant]).as_ref()),
        Hint::Nonsense => event.metadata("tenant_id", "acme"),
    }
}

fn judge(answer: &Answer, door: &Door, expected: &Expected) -> Result<(), String> {
    match expected {
        Refused(codes) => {
            let fits = answer.code().is_some_and(|code| codes.contains(&code));
            ensure!(fits, "expected {codes:?}, got {:?} {:?}", answer.decision, answer.code());
        }
        NoTenant => {
            ensure!(answer.is_reply(), "expected a token without tenant, got {:?}", answer.code());
            let said = said(answer, door.version);
            ensure!(said.iter().all(|said| said["tenant_id"].is_null()), "expected no tenant, got {said:?}");
            ensure!(!names_another(&answer.response().to_string(), &[]), "it names a tenant: {}", answer.response());
        }
        Speaks(tenant, role) => {
            ensure!(answer.is_reply(), "expected a token of {}, got {:?}", TENANTS[*tenant], answer.code());
            for said in said(answer, door.version) {
                let of = said["tenant_id"] == tenant_id(TENANTS[*tenant]).as_ref();
                ensure!(of, "expected {}, got {said}", TENANTS[*tenant]);
                let as_what = said["roles"] == json!([role]) || said["roles"] == json!(role);
                ensure!(as_what, "expected {role}, got {said}");
            }
            ensure!(!names_another(&answer.response().to_string(), &[*tenant]), "another too: {}", answer.response());
        }
    }
    Ok(())
}

/// What is set in each token of a reply.
fn said(answer: &Answer, version: &str) -> Vec<Value> {
    let response = answer.response();
    if version == "1" {
        return vec![response["claimsOverrideDetails"]["claimsToAddOrOverride"].clone()];
    }
    let details = &response["claimsAndScopeOverrideDetails"];
    let of = |token: &str| details[token]["claimsToAddOrOverride"].clone();
    // A machine has no ID token.
    ["idTokenGeneration", "accessTokenGeneration"].into_iter().map(of).filter(|said| !said.is_null()).collect()
}
