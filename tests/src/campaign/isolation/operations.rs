//! Who may do what: every public operation, in every tenant, by everybody.

use std::fmt::Debug;

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use domain::{
    Actor, Client, ClientKind, DomainName, Email, Mode, Person, PoolId, ProviderKind, ProviderName, RoleGrant, Tenant,
    TenantId,
};
use jiff::Timestamp;
use operations::registrations::{Right, Subject};
use operations::{
    Barring, Case, ClientWish, DnsFailure, Examination, Finding, Fixed, ImportDone, ImportPlan, ImportRow,
    InvitationName, Invite, MemberName, NewBinding, NewMember, NewTenant, OperationError, Operations, PolicyChange,
    PolicyPlan, PoolHealth, PoolImport, Releasing, RolesFrom, Scope, Severity, Tally as Said, TxtRecords, UserPools,
};
use store::Key;

use super::town::{Credential, TENANTS, Town, bob, invitation_of, names_another, next, provider};
use super::{Tally, ensure};
use crate::nouns::{domain_name, email, minutes, parse, person, pool, provider_name, roles, tenant_id, token};

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// Somebody, by their own row.
    Credential(Credential),
    /// An operator.
    Operator,
    /// A trigger, which does nothing of this.
    Trigger,
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Least {
    /// Everybody.
    Anybody,
    /// A viewer of the tenant.
    Viewer,
    /// An admin of the tenant.
    Admin,
    /// An owner of the tenant.
    Owner,
    /// An operator.
    Operator,
}

use Least::{Admin, Anybody, Operator, Owner, Viewer};

/// Those that ask Lambda, too, which is not there: that the first thing that each does is to look who asks is seen in their text.
pub const ASKING_LAMBDA: [&str; 4] = ["attach", "detach", "plan_attach", "plan_detach"];

/// Every public operation, and who may.
pub const OPERATIONS: &[(&str, Least)] = &[
    ("add_member", Operator),
    ("add_member_or_find", Operator),
    ("apply_policy", Operator),
    ("approve", Admin),
    ("assume_domain", Operator),
    ("bar_mailbox", Operator),
    ("bind_client", Operator),
    ("bind_provider", Operator),
    // What roles stand for is the same for everybody, and nobody's secret.
    ("catalogue", Anybody),
    ("chart", Operator),
    ("claim_domain", Admin),
    ("client", Admin),
    ("clients", Admin),
    ("close_tenant", Operator),
    ("create_tenant", Operator),
    ("dedicate_pool", Operator),
    ("delete_client", Operator),
    ("delete_role", Operator),
    ("deny", Admin),
    ("doctor", Operator),
    ("domain_owner", Admin),
    ("domains", Admin),
    ("enable_provider", Operator),
    ("erase_person", Operator),
    ("examine_pool", Operator),
    ("export_person", Operator),
    ("find_invitation", Admin),
    ("find_member", Admin),
    ("find_tenant", Viewer),
    ("give_up_client", Operator),
    ("import_from_pool", Operator),
    ("held", Operator),
    ("hold", Operator),
    ("invitations", Admin),
    ("invite", Admin),
    ("let_go", Operator),
    ("lift_bar", Operator),
    ("make_client", Operator),
    ("members", Admin),
    ("memberships_of", Operator),
    ("observe_unbound", Operator),
    ("plan_policy", Operator),
    ("plan_pool_import", Operator),
    ("pool", Admin),
    ("pools", Operator),
    ("provider", Admin),
    ("provider_dependants", Admin),
    ("providers", Admin),
    ("reinstate", Operator),
    ("release_domain", Owner),
    ("remove", Admin),
    ("remove_barring", Admin),
    ("rename_tenant", Owner),
    ("report_clients", Operator),
    ("resend_invitation", Admin),
    ("restore_tenant", Operator),
    ("resume", Admin),
    ("resume_tenant", Operator),
    ("revoke_invitation", Admin),
    ("row", Operator),
    ("seats", Admin),
    ("set_client_mode", Operator),
    ("set_domain_join", Owner),
    ("set_policy", Owner),
    ("set_role", Operator),
    ("set_roles", Admin),
    ("suspend", Admin),
    ("suspend_barring", Admin),
    ("suspend_tenant", Operator),
    ("tenant", Viewer),
    ("tenants", Operator),
    ("transfer_domain", Operator),
    ("treat", Operator),
    ("unbind_client", Operator),
    ("unbound_clients", Operator),
    ("unbind_provider", Operator),
    ("undo_held", Operator),
    ("unlock", Admin),
    ("verify_domain", Admin),
    ("who_is_refused", Operator),
    ("whois", Operator),
];

/// The codes by which somebody who may not is refused: who may never sees them here.
const REFUSALS: [&str; 7] = [
    "NOT_ALLOWED",
    "FOR_OPERATORS",
    "ABOVE_ONESELF",
    "TENANT_UNKNOWN",
    "CLIENT_UNKNOWN",
    "PROVIDER_UNKNOWN",
    NOTHING_SHOWN,
];
const NOTHING_SHOWN: &str = "NOTHING_SHOWN";

struct NoDns;

impl TxtRecords for NoDns {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsFailure> {
        Ok(Vec::new())
    }
}

/// How far somebody reaches in a tenant.
fn reach(by: &By, tenant: usize) -> Least {
    match by {
        By::Operator => Operator,
        // An invitation is nobody's row.
        By::Trigger | By::Credential(Credential { kind: super::Kind::Invited, .. }) => Anybody,
        By::Credential(who) => match who.stands(tenant) {
            Some("owner") => Owner,
            Some("admin") => Admin,
            Some(_) => Viewer,
            None => Anybody,
        },
    }
}

/// Everything in every tenant, by one: first what must be refused, then what must not.
pub(super) async fn row(town: &Town, by: &By, tally: &mut Tally) -> Result<(), String> {
    let actor = match by {
        By::Operator => Actor::Operator("tests".to_owned()),
        By::Trigger => Actor::Trigger("post-confirmation"),
        By::Credential(who) => Actor::Member(person(&who.name())),
    };
    let ops = Operations::new(town.world.table(), actor, later, random);
    let mut allowed = Vec::new();
    for (tenant, name) in TENANTS.iter().enumerate() {
        let ground = Ground::of(town, tenant).await;
        for (operation, least) in OPERATIONS {
            if reach(by, tenant) >= *least {
                allowed.push((tenant, *operation));
                continue;
            }
            let ended = ground.does(&ops, operation).await;
            let fits = ended.as_ref().is_err_and(|code| REFUSALS.contains(code));
            ensure!(fits, "{operation} in {name}: expected a refusal, got {ended:?}");
            town.look(&format!("{operation} in {name}")).await?;
            tally.one("cells of operations");
        }
    }
    town.look_at_last().await?;
    for (tenant, operation) in allowed {
        let ground = Ground::of(town, tenant).await;
        let ended = ground.does(&ops, operation).await;
        let refused = ended.as_ref().is_err_and(|code| REFUSALS.contains(code));
        ensure!(!refused, "{operation} in {}: expected to be allowed, got {ended:?}", TENANTS[tenant]);
        if let (By::Credential(_), Ok(shown)) = (by, &ended) {
            let leaks = names_another(shown, &[tenant]);
            ensure!(!leaks, "{operation} in {} shows another tenant: {shown}", TENANTS[tenant]);
        }
        town.put_back().await;
        tally.one("cells of operations");
        tally.one("of them an operation is allowed");
    }
    Ok(())
}

/// A tenant with everything that an operation can be about.
struct Ground {
    name: &'static str,
    tenant: Tenant,
    heir: TenantId,
    bob: Person,
    address: Email,
    member: MemberName,
    client: Client,
    pool: PoolId,
    provider: ProviderName,
    domain: DomainName,
    cognito: cognito::Client,
    invitation: InvitationName,
    operator: Operations,
}

impl Ground {
    async fn of(town: &Town, tenant: usize) -> Self {
        let name = TENANTS[tenant];
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url("http://127.0.0.1:1")
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .build();
        let bob = bob(tenant);
        Self {
            name,
            tenant: town.world.get(&Key::tenant(&tenant_id(name))).await.expect("a tenant"),
            heir: tenant_id(TENANTS[next(tenant)]),
            address: email(&format!("{bob}@{name}.example")),
            member: person(&bob).into(),
            bob: person(&bob),
            client: Client { pool: pool(), id: parse(name) },
            pool: own_pool(tenant),
            provider: provider_name(&provider(tenant)),
            domain: domain_name(&format!("{name}.example")),
            cognito: cognito::Client::from_conf(config),
            invitation: token(invitation_of(tenant)).digest().into(),
            operator: town.world.operations(),
        }
    }

    const fn pools(&self) -> UserPools<'_> {
        UserPools { cognito: &self.cognito, claims: &[], adopted: false }
    }

    fn wish(&self) -> ClientWish {
        ClientWish {
            pool: self.client.pool.clone(),
            name: "web".to_owned(),
            kind: ClientKind::Tenant(self.tenant.id.clone()),
            suppress_account_scope: true,
            secret: false,
            password_flow: false,
            callback_urls: Vec::new(),
            logout_urls: Vec::new(),
            scopes: Vec::new(),
        }
    }

    /// Does the operation: what it showed, or the code of its failure.
    async fn does(&self, ops: &Operations, operation: &str) -> Result<String, &'static str> {
        let ended = tries(self, ops, operation).await;
        ended.map_err(|error| error.code()).and_then(|shown| shown.ok_or(NOTHING_SHOWN))
    }
}

/// The pool that is dedicated to a tenant.
pub(super) fn own_pool(tenant: usize) -> PoolId {
    parse(&format!("eu-west-1_{}", TENANTS[tenant]))
}

fn shown(what: impl Debug) -> String {
    format!("{what:?}")
}

fn newcomer() -> NewMember {
    let address = Some(email("x@partner.example"));
    NewMember { person: person("x"), address, roles: roles(&["member"]), lift_bar: false }
}

/// Later than whatever was settled.
fn later() -> Timestamp {
    minutes(1)
}

fn random(bytes: &mut [u8]) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(1);
    for chunk in bytes.chunks_mut(8) {
        let bits = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        for (to, from) in chunk.iter_mut().zip(bits) {
            *to = from;
        }
    }
}

/// Tries it: what was shown, if anything was.
#[expect(clippy::too_many_lines, reason = "one line for each operation")]
async fn tries(ground: &Ground, ops: &Operations, operation: &str) -> Result<Option<String>, OperationError> {
    let (id, bob, pools) = (&ground.tenant.id, &ground.member, ground.pools());
    let change = PolicyChange { invitation_lookup: Some(true), ..PolicyChange::default() };
    match operation {
        "add_member" => ops.add_member(id, &newcomer()).await.map(shown),
        "add_member_or_find" => ops.add_member_or_find(id, &newcomer()).await.map(shown),
        "apply_policy" => {
            let plan = PolicyPlan { before: ground.tenant.clone(), after: ground.tenant.clone(), clients: Vec::new() };
            ops.apply_policy(pools, &plan, &change).await.map(shown)
        }
        "approve" => ops.approve(id, bob, None).await.map(shown),
        "assume_domain" => ops.assume_domain(id, &ground.domain, "a test").await.map(shown),
        "bar_mailbox" => ops.bar_mailbox(id, &email("gone@partner.example"), None).await.map(shown),
        "bind_client" => ops.bind_client(&NewBinding::to_tenant(ground.client.clone(), id.clone())).await.map(shown),
        "bind_provider" => {
            let kind = ProviderKind::Tenant(id.clone());
            ops.bind_provider(&ground.client.pool, &ground.provider, &kind).await.map(shown)
        }
        "catalogue" => ops.catalogue().await.map(shown),
        "chart" => ops.chart(None).await.map(shown),
        "claim_domain" => ops.claim_domain(id, &domain_name("other.example")).await.map(shown),
        "client" => ops.client(&ground.client).await.map(shown),
        "clients" => ops.clients(Some(id)).await.map(shown),
        "close_tenant" => ops.close_tenant(id, None).await.map(shown),
        "create_tenant" => ops.create_tenant(&NewTenant::new("new".parse()?, "New")).await.map(shown),
        "dedicate_pool" => ops.dedicate_pool(&ground.pool, Some(id)).await.map(shown),
        "delete_client" => ops.delete_client(pools, &ground.client).await.map(shown),
        "delete_role" => ops.delete_role(&"billing".parse()?).await.map(shown),
        "deny" => ops.deny(id, bob, None).await.map(shown),
        "doctor" => ops.doctor(false).await.map(shown),
        "domain_owner" => return ops.domain_owner(&ground.domain).await.map(|owner| owner.as_ref().map(shown)),
        "domains" => ops.domains(id).await.map(shown),
        "enable_provider" => ops.enable_provider(&ground.client.pool, &ground.provider, true).await.map(shown),
        "erase_person" => ops.erase_person(&ground.bob, None, None).await.map(shown),
        "examine_pool" => {
            let (chart, how) = (ground.operator.chart(None).await?, Examination::default());
            let mut health = PoolHealth::default();
            ops.examine_pool(&ground.cognito, &chart, &ground.pool, &how, &|_| {}, &mut health).await.map(shown)
        }
        "export_person" => ops.export_person(&ground.bob, None).await.map(shown),
        "find_invitation" => ops.find_invitation(id, &ground.invitation).await.map(shown),
        "find_member" => ops.find_member(id, bob).await.map(shown),
        "find_tenant" => ops.find_tenant(ground.name).await.map(shown),
        "give_up_client" => ops.give_up_client(pools, &ground.wish()).await.map(shown),
        "import_from_pool" => {
            ops.import_from_pool(&ImportPlan::default(), &|_| {}, &mut ImportDone::default()).await.map(shown)
        }
        "invitations" => ops.invitations(id).await.map(shown),
        "invite" => ops.invite(id, &Invite::new(email("guest@partner.example"))).await.map(shown),
        "lift_bar" => ops.lift_bar(id, &ground.address, None).await.map(shown),
        "make_client" => ops.make_client(pools, &ground.wish()).await.map(shown),
        "members" => ops.members(id).await.map(shown),
        "memberships_of" => ops.memberships_of(&ground.bob).await.map(shown),
        "observe_unbound" => ops.observe_unbound(&ground.pool, true).await.map(shown),
        "plan_policy" => ops.plan_policy(pools, id, &change).await.map(shown),
        "plan_pool_import" => {
            let import = PoolImport {
                pool: ground.pool.clone(),
                attribute: "custom:company".to_owned(),
                map: std::collections::BTreeMap::new(),
                roles: RolesFrom::Said(roles(&["member"])),
            };
            ops.plan_pool_import(&ground.cognito, &import, &|_| {}).await.map(shown)
        }
        "pool" => ops.pool(&ground.pool).await.map(shown),
        "pools" => ops.pools().await.map(shown),
        "provider" => ops.provider(&ground.client.pool, &ground.provider).await.map(shown),
        "provider_dependants" => {
            let provider = ground.operator.provider(&ground.client.pool, &ground.provider).await?;
            ops.provider_dependants(&provider).await.map(shown)
        }
        "providers" => ops.providers(Some(id)).await.map(shown),
        "reinstate" => ops.reinstate(id, bob, None, None).await.map(shown),
        "release_domain" => ops.release_domain(id, &ground.domain, Releasing::DropMembers).await.map(shown),
        "remove" => ops.remove(id, bob, None).await.map(shown),
        "remove_barring" => ops.remove_barring(id, bob, &Barring::Without, None).await.map(shown),
        "rename_tenant" => ops.rename_tenant(id, None, Some("Renamed")).await.map(shown),
        "report_clients" => ops.report_clients(&Said::default(), None).await.map(shown),
        "resend_invitation" => {
            let open_for = jiff::SignedDuration::from_hours(1);
            ops.resend_invitation(id, &ground.invitation, open_for).await.map(shown)
        }
        "restore_tenant" => ops.restore_tenant(id, None).await.map(shown),
        "resume" => ops.resume(id, bob, None).await.map(shown),
        "resume_tenant" => ops.resume_tenant(id, None).await.map(shown),
        "revoke_invitation" => ops.revoke_invitation(id, &ground.invitation, None).await.map(shown),
        "row" => {
            let new = newcomer();
            let row = ImportRow {
                person: new.person,
                tenant: ground.name.to_owned(),
                roles: new.roles,
                address: new.address,
            };
            ops.importer(false).row(&row).await.map(shown)
        }
        "seats" => ops.seats(id).await.map(shown),
        "set_client_mode" => ops.set_client_mode(&ground.client, Mode::Observe).await.map(shown),
        "set_domain_join" => ops.set_domain_join(id, &ground.domain, None).await.map(shown),
        "set_policy" => ops.set_policy(id, &change).await.map(shown),
        "set_role" => ops.set_role(&"billing".parse()?, &RoleGrant::default()).await.map(shown),
        "set_roles" => ops.set_roles(id, bob, &roles(&["viewer"])).await.map(shown),
        "suspend" => ops.suspend(id, bob, None).await.map(shown),
        "suspend_barring" => ops.suspend_barring(id, bob, &Barring::Without, None).await.map(shown),
        "suspend_tenant" => ops.suspend_tenant(id, None).await.map(shown),
        "tenant" => ops.tenant(id).await.map(shown),
        "tenants" => ops.tenants().await.map(shown),
        "transfer_domain" => {
            let how = Releasing::DropMembers;
            ops.transfer_domain(&ground.domain, id, &ground.heir, how, "a test").await.map(shown)
        }
        "treat" => {
            let (message, target) = ("a test".to_owned(), "a pool".to_owned());
            let finding = Finding { code: "X", severity: Severity::Note, target, message, fix: Fixed::No };
            ops.treat(pools, &mut Case { finding, steps: Vec::new() }).await.map(shown)
        }
        "held" => ops.held(&Subject::Tenant(id.clone())).await.map(shown),
        "hold" => ops.hold(&Subject::Tenant(id.clone()), "a stack", "a test", Right::Adopter).await.map(shown),
        "let_go" => ops.let_go(&Subject::Tenant(id.clone()), "a stack").await.map(shown),
        "undo_held" => ops.undo_held(&Subject::Tenant(id.clone()), "a stack").await.map(shown),
        "unbind_client" => ops.unbind_client(&ground.client).await.map(shown),
        "unbound_clients" => ops.unbound_clients(&ground.cognito, &ground.pool).await.map(shown),
        "unbind_provider" => ops.unbind_provider(&ground.client.pool, &ground.provider).await.map(shown),
        "unlock" => ops.unlock(id, bob, &[], None).await.map(shown),
        "verify_domain" => ops.verify_domain(id, &ground.domain, &NoDns).await.map(shown),
        "who_is_refused" => ops.who_is_refused(&ground.cognito, &ground.client, false, &|_| {}).await.map(shown),
        "whois" => ops.whois(&ground.address, &Scope::Everywhere).await.map(shown),
        other => unreachable!("{other} is tried by nothing"),
    }
    .map(Some)
}
