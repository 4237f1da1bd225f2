//! I10: who may do what, for every public operation, every role, and members of another tenant.

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use domain::{Client, ClientKind, DomainName, Membership, Mode, PoolId, ProviderKind, ProviderName, RoleGrant, Tenant};
use operations::registrations::{Right, Subject};
use operations::{
    Barring, Case, ClientWish, DnsFailure, Examination, Finding, Fixed, ImportDone, ImportPlan, ImportRow, Invite,
    MemberName, NewBinding, NewTenant, OperationError, Operations, PolicyChange, PolicyPlan, PoolHealth, PoolImport,
    Releasing, RolesFrom, Scope, Severity, Tally, TxtRecords, UserPools,
};

use crate::table::{World, email, new_member, person, roles};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Least {
    Anybody,
    Viewer,
    Admin,
    Owner,
    Operator,
}

use Least::{Admin, Anybody, Operator, Owner, Viewer};

/// Those that ask Lambda, too, which is not there: that the first thing that each does is to look who asks is seen in their text.
const ASKING_LAMBDA: [&str; 4] = ["attach", "detach", "plan_attach", "plan_detach"];

/// Every public operation, and who may.
const OPERATIONS: &[(&str, Least)] = &[
    ("add_member", Operator),
    ("add_member_or_find", Operator),
    ("apply_policy", Operator),
    ("approve", Admin),
    ("assume_domain", Operator),
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
    "NOTHING_SHOWN",
];

struct NoDns;

impl TxtRecords for NoDns {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsFailure> {
        Ok(Vec::new())
    }
}

/// A tenant with everything that an operation can be about.
struct Ground {
    world: World,
    acme: Tenant,
    umbra: Tenant,
    bob: MemberName,
    client: Client,
    pool: PoolId,
    provider: ProviderName,
    domain: DomainName,
    cognito: cognito::Client,
    invitation: operations::InvitationName,
}

impl Ground {
    async fn new() -> Self {
        let world = World::new().await;
        let (acme, umbra) = (world.tenant("acme").await, world.tenant("umbra").await);
        let pool: PoolId = "eu-central-1_acme".parse().unwrap();
        let client = Client { pool: "eu-central-1_test".parse().unwrap(), id: "app".parse().unwrap() };
        let provider: ProviderName = "okta".parse().unwrap();
        let domain: DomainName = "acme.example".parse().unwrap();
        let kind = ProviderKind::Tenant(acme.id.clone());
        world.ops.bind_client(&NewBinding::to_tenant(client.clone(), acme.id.clone())).await.unwrap();
        world.ops.bind_provider(&client.pool, &provider, &kind).await.unwrap();
        world.ops.dedicate_pool(&pool, Some(&acme.id)).await.unwrap();
        world.ops.assume_domain(&acme.id, &domain, "a test").await.unwrap();
        let bob = world.add(&acme.id, "bob", "member").await;
        let invited = world.ops.invite(&acme.id, &Invite::new(email("new"))).await.unwrap();
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url("http://127.0.0.1:1")
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .build();
        Self {
            acme,
            umbra,
            bob: (&bob).into(),
            client,
            pool,
            provider,
            domain,
            cognito: cognito::Client::from_conf(config),
            invitation: invited.invitation.terms.digest.into(),
            world,
        }
    }

    /// Everybody of the matrix: how they are called, how far they reach, and their operations.
    async fn actors(&self) -> Vec<(&'static str, Least, Operations)> {
        let as_member = |row: &Membership| self.world.as_member(row);
        let (acme, umbra) = (&self.acme.id, &self.umbra.id);
        let operator = domain::Actor::Operator("test".to_owned());
        let trigger = domain::Actor::Trigger("post-confirmation");
        let of = |actor| Operations::new(&self.world.table, actor, crate::table::now, crate::table::random);
        let stranger = Membership { person: person("stranger"), ..self.world.add(umbra, "vic", "viewer").await };
        let mut actors = vec![
            ("a trigger", Anybody, of(trigger)),
            ("nobody's member", Anybody, as_member(&stranger)),
            ("another tenant's owner", Anybody, as_member(&self.world.add(umbra, "uma", "owner").await)),
            ("another tenant's admin", Anybody, as_member(&self.world.add(umbra, "ulf", "admin").await)),
            ("a viewer", Viewer, as_member(&self.world.add(acme, "vera", "viewer").await)),
            ("a member", Viewer, as_member(&self.world.add(acme, "mia", "member").await)),
            ("an admin", Admin, as_member(&self.world.add(acme, "ada", "admin").await)),
            ("an owner", Owner, as_member(&self.world.add(acme, "olga", "owner").await)),
            ("an operator", Operator, of(operator)),
        ];
        let gone = self.world.add(acme, "gus", "owner").await;
        self.world.ops.suspend(acme, &(&gone).into(), None).await.unwrap();
        actors.push(("a suspended owner", Anybody, as_member(&gone)));
        let left = self.world.add(acme, "lea", "owner").await;
        self.world.ops.remove(acme, &(&left).into(), None).await.unwrap();
        actors.push(("a removed owner", Anybody, as_member(&left)));
        actors
    }

    const fn pools(&self) -> UserPools<'_> {
        UserPools { cognito: &self.cognito, claims: &[], adopted: false }
    }

    fn wish(&self) -> ClientWish {
        ClientWish {
            pool: self.client.pool.clone(),
            name: "web".to_owned(),
            kind: ClientKind::Tenant(self.acme.id.clone()),
            suppress_account_scope: true,
            secret: false,
            password_flow: false,
            callback_urls: Vec::new(),
            logout_urls: Vec::new(),
            scopes: Vec::new(),
        }
    }

    /// Does the operation, and tells the code of its failure.
    async fn does(&self, ops: &Operations, operation: &str) -> Option<&'static str> {
        let code = |error: OperationError| error.code();
        let ended = self.tries(ops, operation).await;
        ended.map_or_else(|error| Some(code(error)), |shown| (!shown).then_some("NOTHING_SHOWN"))
    }

    /// Whether something was shown, or done.
    #[expect(clippy::too_many_lines, reason = "one line for each operation")]
    async fn tries(&self, ops: &Operations, operation: &str) -> Result<bool, OperationError> {
        let (id, bob, pools) = (&self.acme.id, &self.bob, self.pools());
        let change = PolicyChange { invitation_lookup: Some(true), ..PolicyChange::default() };
        match operation {
            "add_member" => ops.add_member(id, &new_member("x", "member")).await.map(drop),
            "add_member_or_find" => ops.add_member_or_find(id, &new_member("x", "member")).await.map(drop),
            "apply_policy" => {
                let plan = PolicyPlan { before: self.acme.clone(), after: self.acme.clone(), clients: Vec::new() };
                ops.apply_policy(pools, &plan, &change).await.map(drop)
            }
            "approve" => ops.approve(id, bob, None).await.map(drop),
            "assume_domain" => ops.assume_domain(id, &self.domain, "a test").await.map(drop),
            "bind_client" => ops.bind_client(&NewBinding::to_tenant(self.client.clone(), id.clone())).await.map(drop),
            "bind_provider" => {
                let kind = ProviderKind::Tenant(id.clone());
                ops.bind_provider(&self.client.pool, &self.provider, &kind).await.map(drop)
            }
            "catalogue" => ops.catalogue().await.map(drop),
            "chart" => ops.chart(None).await.map(drop),
            "claim_domain" => ops.claim_domain(id, &"other.example".parse().unwrap()).await.map(drop),
            "client" => ops.client(&self.client).await.map(drop),
            "clients" => ops.clients(Some(id)).await.map(drop),
            "close_tenant" => ops.close_tenant(id, None).await.map(drop),
            "create_tenant" => ops.create_tenant(&NewTenant::new("new".parse()?, "New")).await.map(drop),
            "dedicate_pool" => ops.dedicate_pool(&self.pool, Some(id)).await.map(drop),
            "delete_client" => ops.delete_client(pools, &self.client).await.map(drop),
            "delete_role" => ops.delete_role(&"billing".parse()?).await.map(drop),
            "deny" => ops.deny(id, bob, None).await.map(drop),
            "doctor" => ops.doctor(false).await.map(drop),
            "domain_owner" => return ops.domain_owner(&self.domain).await.map(|owner| owner.is_some()),
            "domains" => ops.domains(id).await.map(drop),
            "enable_provider" => ops.enable_provider(&self.client.pool, &self.provider, true).await.map(drop),
            "erase_person" => ops.erase_person(&person("bob"), None, None).await.map(drop),
            "examine_pool" => {
                let (chart, how) = (self.world.ops.chart(None).await?, Examination::default());
                let mut health = PoolHealth::default();
                ops.examine_pool(&self.cognito, &chart, &self.pool, &how, &|_| {}, &mut health).await
            }
            "export_person" => ops.export_person(&person("bob"), None).await.map(drop),
            "find_invitation" => ops.find_invitation(id, &self.invitation).await.map(drop),
            "find_member" => ops.find_member(id, bob).await.map(drop),
            "find_tenant" => ops.find_tenant("acme").await.map(drop),
            "give_up_client" => ops.give_up_client(pools, &self.wish()).await.map(drop),
            "import_from_pool" => {
                ops.import_from_pool(&ImportPlan::default(), &|_| {}, &mut ImportDone::default()).await
            }
            "invitations" => ops.invitations(id).await.map(drop),
            "invite" => ops.invite(id, &Invite::new(email("guest"))).await.map(drop),
            "lift_bar" => ops.lift_bar(id, &email("bob"), None).await.map(drop),
            "make_client" => ops.make_client(pools, &self.wish()).await.map(drop),
            "members" => ops.members(id).await.map(drop),
            "memberships_of" => ops.memberships_of(&person("bob")).await.map(drop),
            "observe_unbound" => ops.observe_unbound(&self.pool, true).await.map(drop),
            "plan_policy" => ops.plan_policy(pools, id, &change).await.map(drop),
            "plan_pool_import" => {
                let import = PoolImport {
                    pool: self.pool.clone(),
                    attribute: "custom:company".to_owned(),
                    map: std::collections::BTreeMap::new(),
                    roles: RolesFrom::Said(roles("member")),
                };
                ops.plan_pool_import(&self.cognito, &import, &|_| {}).await.map(drop)
            }
            "pool" => ops.pool(&self.pool).await.map(drop),
            "pools" => ops.pools().await.map(drop),
            "provider" => ops.provider(&self.client.pool, &self.provider).await.map(drop),
            "provider_dependants" => {
                let provider = self.world.ops.provider(&self.client.pool, &self.provider).await?;
                ops.provider_dependants(&provider).await.map(drop)
            }
            "providers" => ops.providers(Some(id)).await.map(drop),
            "reinstate" => ops.reinstate(id, bob, None, None).await.map(drop),
            "release_domain" => ops.release_domain(id, &self.domain, Releasing::DropMembers).await.map(drop),
            "remove" => ops.remove(id, bob, None).await.map(drop),
            "remove_barring" => ops.remove_barring(id, bob, &Barring::Without, None).await.map(drop),
            "rename_tenant" => ops.rename_tenant(id, None, Some("Acme")).await.map(drop),
            "report_clients" => ops.report_clients(&Tally::default(), None).await.map(drop),
            "resend_invitation" => {
                let open_for = jiff::SignedDuration::from_hours(1);
                ops.resend_invitation(id, &self.invitation, open_for).await.map(drop)
            }
            "restore_tenant" => ops.restore_tenant(id, None).await.map(drop),
            "resume" => ops.resume(id, bob, None).await.map(drop),
            "resume_tenant" => ops.resume_tenant(id, None).await.map(drop),
            "revoke_invitation" => ops.revoke_invitation(id, &self.invitation, None).await.map(drop),
            "row" => {
                let new = new_member("x", "member");
                let row =
                    ImportRow { person: new.person, tenant: "acme".to_owned(), roles: new.roles, address: new.address };
                ops.importer(false).row(&row).await.map(drop)
            }
            "seats" => ops.seats(id).await.map(drop),
            "set_client_mode" => ops.set_client_mode(&self.client, Mode::Observe).await.map(drop),
            "set_domain_join" => ops.set_domain_join(id, &self.domain, None).await.map(drop),
            "set_policy" => ops.set_policy(id, &change).await.map(drop),
            "set_role" => ops.set_role(&"billing".parse()?, &RoleGrant::default()).await.map(drop),
            "set_roles" => ops.set_roles(id, bob, &roles("viewer")).await.map(drop),
            "suspend" => ops.suspend(id, bob, None).await.map(drop),
            "suspend_barring" => ops.suspend_barring(id, bob, &Barring::Without, None).await.map(drop),
            "suspend_tenant" => ops.suspend_tenant(id, None).await.map(drop),
            "tenant" => ops.tenant(id).await.map(drop),
            "tenants" => ops.tenants().await.map(drop),
            "transfer_domain" => {
                let how = Releasing::DropMembers;
                ops.transfer_domain(&self.domain, id, &self.umbra.id, how, "a test").await.map(drop)
            }
            "treat" => {
                let (message, target) = ("a test".to_owned(), "a pool".to_owned());
                let finding = Finding { code: "X", severity: Severity::Note, target, message, fix: Fixed::No };
                ops.treat(pools, &mut Case { finding, steps: Vec::new() }).await
            }
            "held" => ops.held(&Subject::Tenant(id.clone())).await.map(drop),
            "hold" => ops.hold(&Subject::Tenant(id.clone()), "a stack", "a test", Right::Adopter).await.map(drop),
            "let_go" => ops.let_go(&Subject::Tenant(id.clone()), "a stack").await.map(drop),
            "undo_held" => ops.undo_held(&Subject::Tenant(id.clone()), "a stack").await.map(drop),
            "unbind_client" => ops.unbind_client(&self.client).await.map(drop),
            "unbound_clients" => ops.unbound_clients(&self.cognito, &self.pool).await.map(drop),
            "unbind_provider" => ops.unbind_provider(&self.client.pool, &self.provider).await.map(drop),
            "unlock" => ops.unlock(id, bob, &[], None).await.map(drop),
            "verify_domain" => ops.verify_domain(id, &self.domain, &NoDns).await.map(drop),
            "who_is_refused" => ops.who_is_refused(&self.cognito, &self.client, false, &|_| {}).await.map(drop),
            "whois" => ops.whois(&email("bob"), &Scope::Everywhere).await.map(drop),
            other => unreachable!("{other} is tried by nothing"),
        }
        .map(|()| true)
    }
}

#[tokio::test]
async fn i10_every_operation_asks_who_acts_and_in_which_tenant() {
    for (operation, least) in OPERATIONS {
        let ground = Ground::new().await;
        // Whoever may not, first: they change nothing.
        let mut actors = ground.actors().await;
        actors.sort_by_key(|(_, reach, _)| reach >= least);
        for (who, reach, ops) in &actors {
            let ended = ground.does(ops, operation).await;
            let refused = ended.is_some_and(|code| REFUSALS.contains(&code));
            assert_eq!(refused, reach < least, "{operation} by {who}: {ended:?}");
        }
    }
}

#[test]
fn i10_no_public_operation_is_missing_from_the_matrix() {
    let mut missing = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in text.lines().filter_map(|line| line.trim_start().strip_prefix("pub async fn ")) {
                let name = name.split(['(', '<']).next().unwrap();
                found += 1;
                if ASKING_LAMBDA.contains(&name) {
                    let body =
                        text.split_once(&format!("pub async fn {name}(")).unwrap().1.split_once(" {\n").unwrap().1;
                    assert!(body.trim_start().starts_with("self.operators_only()?;"), "{name}");
                    continue;
                }
                if !OPERATIONS.iter().any(|(known, _)| *known == name) {
                    missing.push(name.to_owned());
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(found, OPERATIONS.len() + ASKING_LAMBDA.len());
}

#[tokio::test]
async fn i10_members_learn_nothing_of_another_tenant() {
    let ground = Ground::new().await;
    let uma = ground.world.add(&ground.umbra.id, "uma", "owner").await;
    let ops = ground.world.as_member(&uma);
    let unknown = ops.find_tenant("nothing").await.unwrap_err().to_string();
    let foreign = ops.find_tenant("acme").await.unwrap_err().to_string();
    assert_eq!(foreign.replace("acme", "nothing"), unknown, "a slug that is taken sounds like one that is not");
    assert_eq!(ops.find_tenant("umbra").await.unwrap().id, ground.umbra.id);
    assert_eq!(ops.domain_owner(&ground.domain).await.unwrap(), None);
    assert_eq!(ops.domain_owner(&"free.example".parse().unwrap()).await.unwrap(), None);
    let stray = Client { id: "stray".parse().unwrap(), ..ground.client.clone() };
    assert_eq!(ops.client(&ground.client).await.unwrap_err().code(), ops.client(&stray).await.unwrap_err().code());
}

#[tokio::test]
async fn i10_how_people_sign_in_is_for_operators_because_app_clients_have_to_follow() {
    let ground = Ground::new().await;
    let olga = ground.world.add(&ground.acme.id, "olga", "owner").await;
    let ops = ground.world.as_member(&olga);
    let chain = PolicyChange { chain: Some(domain::Chain::Code), ..PolicyChange::default() };
    let sso = PolicyChange { sso_required: Some(true), ..PolicyChange::default() };
    for change in [&chain, &sso] {
        assert_eq!(ops.set_policy(&ground.acme.id, change).await.unwrap_err().code(), "FOR_OPERATORS");
    }
    assert_eq!(ground.world.ops.tenant(&ground.acme.id).await.unwrap().policy, ground.acme.policy);
    ground.world.ops.set_policy(&ground.acme.id, &chain).await.unwrap();
}
