//! `Custom::TenantryTenant`: a tenant that a template makes and keeps in line. Deleting the resource retains it.

use domain::{Chain, JoinMode, Policy, Slug, Tenant, TenantId, TenantStatus, Tier};
use jiff::SignedDuration;
use operations::registrations::{Right, Subject};
use operations::{NewTenant, OperationError, PolicyChange};
use store::entity::Audit;

use crate::answer::Answer;
use crate::held::{hold, right};
use crate::properties::Properties;
use crate::request::{Request, Verb, is_same_place};
use crate::{Bench, Failure};

const KNOWN: &[&str] = &[
    "Slug",
    "Name",
    "Tier",
    "JoinMode",
    "DefaultRoles",
    "Chain",
    "ChainOf",
    "InvitationLookup",
    "InvitationsOutliveInviter",
    "SeatLimit",
    "OnDelete",
    "Adopt",
];
const JOIN_MODES: &[(&str, JoinMode)] = &[
    ("open", JoinMode::Open),
    ("automatic", JoinMode::Automatic),
    ("request", JoinMode::Request),
    ("invitation_only", JoinMode::InvitationOnly),
];
const CHAINS: &[(&str, &str)] =
    &[("password", "password"), ("password_and_code", "password_and_code"), ("code", "code")];
const ON_DELETE: &[(&str, bool)] = &[("retain", false), ("close", true)];

/// What records call the changes of a tenant's status.
const CREATE: &str = "tenant.create";
const CLOSE: &str = "tenant.close";
const SUSPEND: &str = "tenant.suspend";
const STATES: &[&str] = &[CREATE, CLOSE, SUSPEND, "tenant.resume", "tenant.restore"];
/// CloudFormation waits no longer for one request [Custom resources: `ServiceTimeout`].
const ONE_REQUEST: SignedDuration = SignedDuration::from_hours(1);

/// What a template says of a tenant.
struct Wanted {
    slug: Slug,
    name: String,
    change: PolicyChange,
    chain: Option<Chain>,
    adopt: Option<bool>,
}

impl Wanted {
    fn read(of: Properties<'_>) -> Result<Self, Failure> {
        let slug: Slug = of.noun("Slug")?;
        let roles = of.roles("ChainOf")?;
        let chain = match (of.word("Chain", CHAINS)?, roles) {
            (Some("password_and_code"), of) => Some(Chain::PasswordAndCode { of }),
            (_, Some(_)) => return Err(Failure::property("ChainOf", "goes with Chain password_and_code alone")),
            (Some("code"), None) => Some(Chain::Code),
            (Some(_), None) => Some(Chain::Password),
            (None, None) => None,
        };
        Ok(Self {
            name: of.text("Name")?.map_or_else(|| slug.to_string(), str::to_owned),
            slug,
            chain,
            adopt: of.flag("Adopt")?,
            change: PolicyChange {
                join: of.word("JoinMode", JOIN_MODES)?,
                default_roles: of.roles("DefaultRoles")?,
                invitation_lookup: of.flag("InvitationLookup")?,
                invitations_outlive_inviter: of.flag("InvitationsOutliveInviter")?,
                tier: of.maybe::<Tier>("Tier")?,
                seat_limit: of.limit("SeatLimit")?,
                ..PolicyChange::default()
            },
        })
    }

    fn new_tenant(&self) -> NewTenant {
        let (change, usual) = (&self.change, Policy::default());
        NewTenant {
            tier: change.tier.clone(),
            seat_limit: change.seat_limit.flatten(),
            policy: Policy {
                join: change.join.unwrap_or(usual.join),
                default_roles: change.default_roles.clone().unwrap_or(usual.default_roles),
                chain: self.chain.clone().unwrap_or(usual.chain),
                sso_required: false,
                invitation_lookup: change.invitation_lookup.unwrap_or(usual.invitation_lookup),
                invitations_outlive_inviter: change
                    .invitations_outlive_inviter
                    .unwrap_or(usual.invitations_outlive_inviter),
            },
            ..NewTenant::new(self.slug.clone(), self.name.clone())
        }
    }
}

pub(crate) async fn handle(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    match request.verb {
        Verb::Create => create(bench, request).await,
        Verb::Update => update(bench, request).await,
        Verb::Delete => delete(bench, request).await,
    }
}

async fn create(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    let wanted = Wanted::read(Properties::of(&request.properties, KNOWN)?)?;
    match bench.operations.create_tenant(&wanted.new_tenant()).await {
        Ok(tenant) => {
            hold(bench, request, &Subject::Tenant(tenant.id.clone()), "tenant", Right::Own).await?;
            Ok(answer(&tenant))
        }
        Err(OperationError::SlugTaken(_)) => take_over(bench, request, &wanted).await,
        Err(error) => Err(error.into()),
    }
}

/// The slug is somebody's: of an earlier attempt of this same request, of this same place in an earlier stack of this name, or of somebody
/// else.
async fn take_over(bench: &Bench, request: &Request, wanted: &Wanted) -> Result<Answer, Failure> {
    let mut tenant = bench.operations.find_tenant(wanted.slug.as_ref()).await?;
    let subject = Subject::Tenant(tenant.id.clone());
    let past = past(bench, &tenant.id).await?;
    let me = bench.operations.actor().to_string();
    let closed_here = tenant.status == TenantStatus::Closed && was_closed_by(&past, &me);
    let mine = match bench.operations.held(&subject).await? {
        Some(held) => held.holder == request.envelope.holder(),
        None => past.first().is_some_and(|maker| maker.action == CREATE && is_same_place(&maker.actor, &me)),
    };
    let right = match past.first() {
        // An attempt of this request that broke off, or what this place closed: nobody lives by it.
        Some(made) if mine && (closed_here || (made.actor == me && made.at + ONE_REQUEST > (bench.now)())) => {
            Right::Own
        }
        // It outlived its resource, and outlives it again: people live by it, and a rollback must not close it.
        _ if mine => Right::Adopter,
        _ => right(wanted.adopt),
    };
    hold(bench, request, &subject, "tenant", right).await?;
    if mine && closed_here {
        let why = Some("its resource is in the template again");
        tenant = bench.operations.restore_tenant(&tenant.id, why).await?;
    }
    keep_in_line(bench, request, wanted, tenant).await
}

/// Who made a tenant and changed its status since, the oldest first.
async fn past(bench: &Bench, id: &TenantId) -> Result<Vec<Audit>, Failure> {
    let (mut past, mut from) = (Vec::new(), None);
    loop {
        let page = bench.operations.session().audit::<Audit>(id, from).await.map_err(OperationError::from)?;
        past.extend(page.entities.into_iter().filter(|audit| STATES.contains(&audit.action.as_str())));
        from = page.next;
        if from.is_none() {
            return Ok(past);
        }
    }
}

/// Whether this place closed it, and nobody had suspended it: what a template closes, the same template opens, and nothing else.
fn was_closed_by(past: &[Audit], me: &str) -> bool {
    match past {
        [.., before, last] => last.action == CLOSE && before.action != SUSPEND && is_same_place(&last.actor, me),
        _ => false,
    }
}

async fn update(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    let wanted = Wanted::read(Properties::of(&request.properties, KNOWN)?)?;
    let Some(id) = request.physical().and_then(|id| id.parse::<TenantId>().ok()) else {
        return create(bench, request).await;
    };
    let tenant = bench.operations.tenant(&id).await?;
    hold(bench, request, &Subject::Tenant(id), "tenant", right(wanted.adopt)).await?;
    keep_in_line(bench, request, &wanted, tenant).await
}

/// Brings a tenant that is there to what the template says. How its people sign in stays: its app clients would have to follow, and not all
/// of them need be this template's.
async fn keep_in_line(bench: &Bench, request: &Request, wanted: &Wanted, tenant: Tenant) -> Result<Answer, Failure> {
    if tenant.status == TenantStatus::Closed {
        return Err(OperationError::TenantState("closed").into());
    }
    if let Some(chain) = &wanted.chain
        && chain.is_more_than_password()
        && *chain != tenant.policy.chain
        // What the template said before is no wish of this deployment: somebody changed it since, in the table.
        && request.properties.get("Chain") != request.before.get("Chain").filter(|_| request.verb == Verb::Update)
    {
        return Err(Failure::SignInStricter);
    }
    let renamed = bench.operations.rename_tenant(&tenant.id, Some(&wanted.slug), Some(wanted.name.as_str())).await?;
    if wanted.change != PolicyChange::default() {
        bench.operations.set_policy(&renamed.id, &wanted.change).await?;
    }
    Ok(answer(&renamed))
}

async fn delete(bench: &Bench, request: &Request) -> Result<Answer, Failure> {
    let physical = request.physical().unwrap_or_default();
    let Ok(id) = physical.parse::<TenantId>() else { return Ok(Answer::done(physical)) };
    let subject = Subject::Tenant(id.clone());
    let holder = request.envelope.holder();
    // What the properties say beyond that does not matter any more.
    let closes = Properties::any(&request.properties).word("OnDelete", ON_DELETE)?.unwrap_or(false);
    // What was adopted was there before, and its members with it: only `tenantctl tenant close` closes that.
    let made = bench.operations.held(&subject).await?.is_some_and(|held| held.holder == holder && !held.adopted);
    if made && closes {
        match bench.operations.close_tenant(&id, Some("its resource left the template")).await {
            Ok(_) | Err(OperationError::TenantUnknown(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bench.operations.let_go(&subject, &holder).await?;
    Ok(Answer::done(physical))
}

fn answer(tenant: &Tenant) -> Answer {
    Answer::done(tenant.id.as_ref()).with("TenantId", &tenant.id).with("Slug", &tenant.slug)
}
