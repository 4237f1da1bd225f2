//! Every key of the table, written once.
//!
//! | entity | pk | sk |
//! |---|---|---|
//! | app client | `CLIENT#<pool>#<client>` | `BINDING` |
//! | app client to be | `INTENT#<pool>#<tenant, or SHARED>#<name>` | `INTENT` |
//! | pool | `POOL#<pool>` | `POOL` |
//! | identity provider | `POOL#<pool>` | `PROVIDER#<name>` |
//! | tenant | `TENANT#<tenant>` | `TENANT` |
//! | seats | `TENANT#<tenant>` | `SEATS` |
//! | mailbox | `TENANT#<tenant>` | `MAILBOX#<sha256 of tenant and address>` |
//! | audit record | `TENANT#<tenant>` | `AUDIT#<time>#<random>` |
//! | deployment's audit record | `DEPLOYMENT` | `AUDIT#<time>#<random>` |
//! | slug | `SLUG#<slug>` | `SLUG` |
//! | domain owner | `DOMAIN#<domain>` | `DOMAIN` |
//! | domain claim | `DOMAIN#<domain>` | `CLAIM#<tenant>` |
//! | membership | `PERSON#<pool>#<sub>` | `TENANT#<tenant>` |
//! | invitation | `INVITATION#<sha256 of the token>` | `INVITATION` |
//! | enrolment | `ENROLMENT#<pool>#<user name>` | `ENROLMENT` |
//! | code sent to a person at an app client | `CHALLENGE#<pool>#<sub>` | `CLIENT#<client>` |
//! | codes sent to a person within an hour | `CHALLENGE#<pool>#<sub>` | `HOUR#PROVEN` or `HOUR#UNPROVEN` |
//! | what a template holds | `REGISTRATION#<pk of the entity>` | `<its sk>` |
//! | catalogue | `CATALOGUE` | `CATALOGUE` |
//!
//! Pool ids, client ids, subs, slugs, domains and digests hold no `#` (their parsers see to it), so that no two entities can share
//! a key whatever a caller writes; a user name, which may hold one, and a client's name stand last.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Client, ClientId, DomainName, InvitationDigest, MailboxKey, Person, PoolId, ProviderName, Slug, TenantId, UserName,
};

/// The name of the partition key attribute.
pub const PK: &str = "pk";
/// The name of the sort key attribute.
pub const SK: &str = "sk";
/// The index that lists what belongs to a tenant: eventually consistent, so never for authorization.
pub const INDEX: &str = "by_tenant";
/// The index's partition key attribute: a tenant id, or [`ALL_TENANTS`], or [`NO_TENANT`].
pub const LIST_PK: &str = "list_of";
/// The index's sort key attribute.
pub const LIST_SK: &str = "list_key";
/// The attribute after which DynamoDB deletes an item (seconds since 1970).
pub const TTL: &str = "ttl";
/// [`LIST_PK`] of the tenants themselves.
pub const ALL_TENANTS: &str = "TENANTS";
/// [`LIST_PK`] of what belongs to no tenant: shared clients, pools, social providers.
pub const NO_TENANT: &str = "SHARED";

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// An app client's binding.
    pub fn binding(client: &Client) -> Self {
        Self::new(format!("CLIENT#{}#{}", client.pool, client.id), "BINDING")
    }

    /// An app client that is being made, or was made, under this name.
    pub fn client_intent(pool: &PoolId, tenant: Option<&TenantId>, name: &str) -> Self {
        let owner = tenant.map_or(NO_TENANT, AsRef::as_ref);
        Self::new(format!("{}{owner}#{name}", Self::client_intents(pool)), "INTENT")
    }

    /// Every app client to be of a pool is listed under [`NO_TENANT`] with this beginning.
    pub fn client_intents(pool: &PoolId) -> String {
        format!("INTENT#{pool}#")
    }

    /// Who holds an entity that a template made. Its whole key is in it, so it is as unlike others' as the entity's own.
    pub fn registration(of: &Self) -> Self {
        Self::new(format!("REGISTRATION#{}", of.pk), of.sk.clone())
    }

    /// A pool.
    pub fn pool(pool: &PoolId) -> Self {
        Self::new(format!("POOL#{pool}"), "POOL")
    }

    /// An identity provider of a pool.
    pub fn provider(pool: &PoolId, name: &ProviderName) -> Self {
        Self::new(format!("POOL#{pool}"), format!("PROVIDER#{name}"))
    }

    /// A tenant.
    pub fn tenant(tenant: &TenantId) -> Self {
        Self::new(format!("TENANT#{tenant}"), "TENANT")
    }

    /// A tenant's seats and owners.
    pub fn seats(tenant: &TenantId) -> Self {
        Self::new(format!("TENANT#{tenant}"), "SEATS")
    }

    /// What a tenant knows of a mailbox.
    pub fn mailbox(tenant: &TenantId, mailbox: &MailboxKey) -> Self {
        Self::mailbox_named(tenant, mailbox.as_ref())
    }

    /// As [`Key::mailbox`], of an item that holds the mailbox's name.
    pub(crate) fn mailbox_named(tenant: &TenantId, mailbox: &str) -> Self {
        Self::new(format!("TENANT#{tenant}"), format!("MAILBOX#{mailbox}"))
    }

    /// A record of what somebody did.
    pub fn audit(tenant: &TenantId, at: jiff::Timestamp, random: &str) -> Self {
        Self::new(format!("TENANT#{tenant}"), format!("{AUDIT}{at:.9}#{random}"))
    }

    /// A record of what somebody did to that which belongs to no tenant.
    pub fn deployment_audit(at: jiff::Timestamp, random: &str) -> Self {
        Self::new(DEPLOYMENT, format!("{AUDIT}{at:.9}#{random}"))
    }

    /// Who has a slug.
    pub fn slug(slug: &Slug) -> Self {
        Self::new(format!("SLUG#{slug}"), "SLUG")
    }

    /// Who owns a domain.
    pub fn domain(domain: &DomainName) -> Self {
        Self::new(format!("DOMAIN#{domain}"), "DOMAIN")
    }

    /// A tenant's pending claim to a domain.
    pub fn claim(domain: &DomainName, tenant: &TenantId) -> Self {
        Self::new(format!("DOMAIN#{domain}"), format!("CLAIM#{tenant}"))
    }

    /// A person's membership in a tenant.
    pub fn membership(person: &Person, tenant: &TenantId) -> Self {
        Self::new(Self::person(person), format!("{TENANT}{tenant}"))
    }

    /// The partition of a person's memberships.
    pub fn person(person: &Person) -> String {
        format!("PERSON#{}#{}", person.pool, person.sub)
    }

    /// An invitation.
    pub fn invitation(digest: &InvitationDigest) -> Self {
        Self::new(format!("INVITATION#{digest}"), "INVITATION")
    }

    /// What pre sign-up remembered for a user.
    pub fn enrolment(pool: &PoolId, user_name: &UserName) -> Self {
        Self::new(format!("ENROLMENT#{pool}#{user_name}"), "ENROLMENT")
    }

    /// The code that a person was last sent at an app client.
    pub fn issued(person: &Person, client: &ClientId) -> Self {
        Self::new(Self::challenges(person), format!("{ISSUED}{client}"))
    }

    /// How many codes a person was sent within an hour, with or without a proven password.
    pub fn hour(person: &Person, proven: bool) -> Self {
        Self::new(Self::challenges(person), if proven { "HOUR#PROVEN" } else { "HOUR#UNPROVEN" })
    }

    /// The partition of a person's codes.
    pub(crate) fn challenges(person: &Person) -> String {
        format!("CHALLENGE#{}#{}", person.pool, person.sub)
    }

    /// The catalogue of roles.
    pub fn catalogue() -> Self {
        Self::new("CATALOGUE", "CATALOGUE")
    }

    /// As DynamoDB wants it.
    pub fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PK.to_owned(), AttributeValue::S(self.pk.clone())),
            (SK.to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// The sort keys of the codes that a person was sent begin with this.
pub(crate) const ISSUED: &str = "CLIENT#";
/// The sort keys of a person's memberships begin with this.
pub const TENANT: &str = "TENANT#";
/// The sort keys of a tenant's audit records begin with this.
pub const AUDIT: &str = "AUDIT#";
/// The partition of the deployment's own audit records.
pub const DEPLOYMENT: &str = "DEPLOYMENT";
