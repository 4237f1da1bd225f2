//! The town of the demo: four companies with an owner each, their apps, one app that everybody shares, and a robot.

use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType};
use domain::{Chain, Client, ClientKind, DomainName, JoinMode, Person, Policy, Roles, Tenant};
use operations::{Invite, NewBinding, NewMember, NewTenant, OperationError, PolicyChange};

use crate::pool::{APPS, POOL, ROBOT};
use crate::{Fault, PASSWORD, Refused, Stack};

/// The owner of Acme.
pub(crate) const OLGA: &str = "olga@acme.example";
/// The owner of Globex.
pub(crate) const OTTO: &str = "otto@globex.example";

/// What was set up.
#[derive(Debug, Clone)]
pub struct Town {
    /// Acme: whoever has an address at its domain `acme.example` joins.
    pub acme: Tenant,
    /// Globex: by invitation only.
    pub globex: Tenant,
    /// Hooli: a password, then a code by mail; whoever has an address at its domain `hooli.example` joins.
    pub hooli: Tenant,
    /// Initech: a code by mail alone; by invitation only.
    pub initech: Tenant,
}

impl Town {
    /// Sets it up, or finds it in a table that was kept.
    pub async fn settle(stack: &Stack) -> Result<Self, Fault> {
        let operations = stack.operations();
        let acme = found(stack, "acme", "Acme", OLGA, by_invitation()).await?;
        let join = PolicyChange { join: Some(JoinMode::Automatic), ..PolicyChange::default() };
        let (acme, _) = operations.set_policy(&acme.id, &join).await?;
        operations.assume_domain(&acme.id, &domain("acme.example")?, "it is the laptop's own").await?;
        let globex = found(stack, "globex", "Globex", OTTO, by_invitation()).await?;

        let policy = Policy { chain: Chain::PasswordAndCode { of: None }, ..Policy::default() };
        let hooli = found(stack, "hooli", "Hooli", "hanna@hooli.example", policy).await?;
        operations.assume_domain(&hooli.id, &domain("hooli.example")?, "it is the laptop's own").await?;
        let policy = Policy { chain: Chain::Code, ..by_invitation() };
        let initech = found(stack, "initech", "Initech", "ines@initech.example", policy).await?;

        let robot = ClientKind::Machine { tenant: acme.id.clone(), roles: Roles::parse(["viewer"])? };
        let [acme_app, globex_app, hooli_app, initech_app, shared] = APPS.map(|(id, _)| id);
        for (id, kind) in [
            (acme_app, ClientKind::Tenant(acme.id.clone())),
            (globex_app, ClientKind::Tenant(globex.id.clone())),
            (hooli_app, ClientKind::Tenant(hooli.id.clone())),
            (initech_app, ClientKind::Tenant(initech.id.clone())),
            (shared, ClientKind::Shared),
            (ROBOT.0, robot),
        ] {
            let client = Client { pool: stack.pool_id()?, id: id.parse()? };
            // Hooli sends codes to mailboxes: no token of the pool may move an account to another one.
            let person = matches!(kind, ClientKind::Tenant(_) | ClientKind::Shared);
            let binding = NewBinding { suppress_account_scope: person, ..NewBinding::new(client, kind) };
            operations.bind_client(&binding).await?;
        }
        Ok(Self { acme, globex, hooli, initech })
    }

    /// Whether the table holds a tenant already.
    pub async fn is_settled(stack: &Stack) -> Result<bool, Fault> {
        Ok(!stack.operations().tenants().await?.is_empty())
    }
}

fn by_invitation() -> Policy {
    Policy { join: JoinMode::InvitationOnly, ..Policy::default() }
}

async fn found(stack: &Stack, slug: &str, name: &str, owner: &str, policy: Policy) -> Result<Tenant, Fault> {
    let operations = stack.operations();
    match operations.find_tenant(slug).await {
        Err(OperationError::TenantUnknown(_)) => {
            let tenant = operations.create_tenant(&NewTenant { policy, ..NewTenant::new(slug.parse()?, name) }).await?;
            settle_owner(stack, &tenant, owner).await?;
            Ok(tenant)
        }
        other => Ok(other?),
    }
}

/// An account with a password, made before any trigger was there, and an operator's word that it is the owner's.
async fn settle_owner(stack: &Stack, tenant: &Tenant, address: &str) -> Result<(), Fault> {
    let pool = stack.pool().ok_or_else(|| Fault::Pool(format!("there is no pool {POOL}")))?;
    let before = pool.settings().triggers.pre_sign_up;
    pool.update(|settings| settings.triggers.pre_sign_up = None);
    let created = create_account(stack, address).await;
    pool.update(|settings| settings.triggers.pre_sign_up = before);
    let sub = created.map_err(|refused| Fault::Pool(refused.to_string()))?;

    let person = Person { pool: stack.pool_id()?, sub: sub.parse()? };
    let (address, roles) = (Some(address.parse()?), Roles::parse(["owner"])?);
    stack.operations().add_member(&tenant.id, &NewMember { person, address, roles, lift_bar: false }).await?;
    Ok(())
}

async fn create_account(stack: &Stack, address: &str) -> Result<String, Refused> {
    let attribute = |name: &str, value: &str| {
        let built = AttributeType::builder().name(name).value(value).build();
        built.map_err(|error| Refused { kind: "AttributeType".to_owned(), message: error.to_string() })
    };
    let create = stack.sdk().admin_create_user().user_pool_id(POOL).username(address);
    let create = create.user_attributes(attribute("email", address)?);
    let create = create.user_attributes(attribute("email_verified", "true")?);
    let created = create.message_action(MessageActionType::Suppress).send().await?;
    let password = stack.sdk().admin_set_user_password().user_pool_id(POOL).username(address);
    password.password(PASSWORD).permanent(true).send().await?;
    let user = created.user();
    let sub = user.iter().flat_map(|user| user.attributes()).find(|attribute| attribute.name() == "sub");
    Ok(sub.and_then(AttributeType::value).unwrap_or_default().to_owned())
}

fn domain(text: &str) -> Result<DomainName, Fault> {
    Ok(text.parse()?)
}

impl Stack {
    /// Invites an address; gives the secret that its mail would carry.
    pub async fn invite(&self, tenant: &Tenant, address: &str, role: &str) -> Result<String, Fault> {
        let invite = Invite::new(address.parse()?).with_roles(Roles::parse([role])?);
        Ok(self.operations().invite(&tenant.id, &invite).await?.token.reveal())
    }
}
