//! What the command line (`--json`) and a control API show of each noun: stable names, lower-case words, RFC 3339 times.

use domain::{
    BarReason, Binding, Catalogue, ClientKind, DomainOwner, Groups, Invitation, InvitationState, Inviter, JoinMode,
    Membership, MembershipStatus, Mode, Origin, Pool, Provider, ProviderKind, Tenant, TenantStatus,
};
use jiff::Timestamp;
use serde::Serialize;
use store::entity::{Claim, ClaimStatus, Seats};

use crate::TenantDomain;

/// The word for a tenant's status.
pub const fn tenant_status(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
        TenantStatus::Closed => "closed",
    }
}

/// The word for a membership's status.
pub const fn membership_status(status: MembershipStatus) -> &'static str {
    match status {
        MembershipStatus::Requested => "requested",
        MembershipStatus::Denied => "denied",
        MembershipStatus::Active => "active",
        MembershipStatus::Suspended => "suspended",
        MembershipStatus::Removed => "removed",
        MembershipStatus::Superseded => "superseded",
    }
}

/// The word for why a mailbox is barred.
pub const fn bar_reason(reason: BarReason) -> &'static str {
    match reason {
        BarReason::Removed => "removed",
        BarReason::Suspended => "suspended",
    }
}

/// The word for a join mode.
pub const fn join_mode(mode: JoinMode) -> &'static str {
    match mode {
        JoinMode::Open => "open",
        JoinMode::Automatic => "automatic",
        JoinMode::Request => "request",
        JoinMode::InvitationOnly => "invitation_only",
    }
}

/// The word for a sign-in chain.
pub const fn chain(chain: &domain::Chain) -> &'static str {
    match chain {
        domain::Chain::Password => "password",
        domain::Chain::PasswordAndCode { .. } => "password_and_code",
        domain::Chain::Code => "code",
    }
}

/// The word for what a client is bound to.
pub const fn client_kind(kind: &ClientKind) -> &'static str {
    match kind {
        ClientKind::Tenant(_) => "tenant",
        ClientKind::Shared => "shared",
        ClientKind::Machine { .. } => "machine",
        ClientKind::Unbound => "unbound",
    }
}

/// The word for whose a provider is.
pub const fn provider_kind(kind: &ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Tenant(_) => "tenant",
        ProviderKind::Social => "social",
    }
}

/// The word for a claim's status.
pub const fn claim_status(status: ClaimStatus) -> &'static str {
    match status {
        ClaimStatus::Pending => "pending",
        ClaimStatus::Verified => "verified",
        ClaimStatus::Released => "released",
    }
}

/// A tenant.
#[derive(Debug, Serialize)]
pub struct TenantShape {
    tenant_id: String,
    slug: String,
    name: String,
    tier: String,
    status: &'static str,
    join: &'static str,
    default_roles: Vec<String>,
    chain: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chain_of: Vec<String>,
    sso_required: bool,
    invitation_lookup: bool,
    invitations_outlive_inviter: bool,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<SeatsShape>,
}

/// A tenant's counters.
#[derive(Debug, Serialize)]
pub struct SeatsShape {
    used: u64,
    owners: u64,
    limit: Option<u64>,
}

impl From<&Seats> for SeatsShape {
    fn from(seats: &Seats) -> Self {
        Self { used: seats.used, owners: seats.owners, limit: seats.limit }
    }
}

impl TenantShape {
    /// With its counters, where they were read.
    pub fn new(tenant: &Tenant, seats: Option<&Seats>) -> Self {
        let policy = &tenant.policy;
        Self {
            tenant_id: tenant.id.to_string(),
            slug: tenant.slug.to_string(),
            name: tenant.name.clone(),
            tier: tenant.tier.to_string(),
            status: tenant_status(tenant.status),
            join: join_mode(policy.join),
            default_roles: texts(policy.default_roles.iter()),
            chain: chain(&policy.chain),
            chain_of: match &policy.chain {
                domain::Chain::PasswordAndCode { of: Some(of) } => texts(of.iter()),
                _ => Vec::new(),
            },
            sso_required: policy.sso_required,
            invitation_lookup: policy.invitation_lookup,
            invitations_outlive_inviter: policy.invitations_outlive_inviter,
            created: tenant.created.to_string(),
            seats: seats.map(SeatsShape::from),
        }
    }
}

/// A membership.
#[derive(Debug, Serialize)]
pub struct MemberShape {
    member_id: String,
    tenant_id: String,
    pool: String,
    sub: String,
    email: Option<String>,
    roles: Vec<String>,
    status: &'static str,
    origin: OriginShape,
    since: String,
    created: String,
}

/// What a membership rests on.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OriginShape {
    /// A domain of a generation.
    Domain {
        /// The domain.
        domain: String,
        /// Its generation when the membership was made.
        generation: u64,
    },
    /// A provider.
    Provider {
        /// Its name.
        provider: String,
    },
    /// An invitation.
    Invitation {
        /// Its id.
        invitation_id: String,
    },
    /// Open sign-up.
    Open,
    /// An operator or admin.
    Added,
}

impl OriginShape {
    /// As a person reads it.
    pub fn words(&self) -> String {
        match self {
            Self::Domain { domain, generation } => format!("domain {domain} ({generation})"),
            Self::Provider { provider } => format!("provider {provider}"),
            Self::Invitation { .. } => "invitation".to_owned(),
            Self::Open => "open sign-up".to_owned(),
            Self::Added => "added".to_owned(),
        }
    }
}

impl From<&Origin> for OriginShape {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Domain { domain, generation } => {
                Self::Domain { domain: domain.to_string(), generation: *generation }
            }
            Origin::Provider(name) => Self::Provider { provider: name.to_string() },
            Origin::Invitation(digest) => Self::Invitation { invitation_id: digest.to_string() },
            Origin::Open => Self::Open,
            Origin::Added => Self::Added,
        }
    }
}

impl From<&Membership> for MemberShape {
    fn from(row: &Membership) -> Self {
        Self {
            member_id: row.member.to_string(),
            tenant_id: row.tenant.to_string(),
            pool: row.person.pool.to_string(),
            sub: row.person.sub.to_string(),
            email: row.address.as_ref().map(ToString::to_string),
            roles: texts(row.roles.iter()),
            status: membership_status(row.status),
            origin: OriginShape::from(&row.origin),
            since: row.since.to_string(),
            created: row.created.to_string(),
        }
    }
}

/// An invitation. Its token is not here: the table does not know it.
#[derive(Debug, Serialize)]
pub struct InvitationShape {
    invitation_id: String,
    tenant_id: String,
    email: String,
    roles: Vec<String>,
    state: &'static str,
    invited_by: String,
    created: String,
    expires: String,
    settled: Option<String>,
}

impl InvitationShape {
    /// At this time: an open one may have expired.
    pub fn at(invitation: &Invitation, now: Timestamp) -> Self {
        let (state, settled) = match &invitation.state {
            InvitationState::Open if invitation.is_open_at(now) => ("open", None),
            InvitationState::Open => ("expired", None),
            InvitationState::Accepted { at, .. } => ("accepted", Some(at.to_string())),
            InvitationState::Revoked { at } => ("revoked", Some(at.to_string())),
        };
        Self {
            invitation_id: invitation.terms.digest.to_string(),
            tenant_id: invitation.tenant.to_string(),
            email: invitation.address.to_string(),
            roles: texts(invitation.terms.roles.iter()),
            state,
            invited_by: match &invitation.terms.inviter {
                Inviter::Operator => "operator".to_owned(),
                Inviter::Member(person) => format!("{}:{}", person.pool, person.sub),
            },
            created: invitation.terms.created.to_string(),
            expires: invitation.terms.expires.to_string(),
            settled,
        }
    }

    /// `open`, `expired`, `accepted` or `revoked`.
    pub const fn state(&self) -> &'static str {
        self.state
    }
}

/// A claim or a domain of a tenant.
#[derive(Debug, Serialize)]
pub struct DomainShape {
    domain: String,
    tenant_id: Option<String>,
    status: &'static str,
    generation: Option<u64>,
    join: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<RecordShape>,
    assumed: Option<String>,
}

impl DomainShape {
    /// `pending`, `verified`, `released` or `lost`.
    pub const fn status(&self) -> &'static str {
        self.status
    }
}

/// The TXT record that proves a claim.
#[derive(Debug, Serialize)]
pub struct RecordShape {
    name: String,
    r#type: &'static str,
    value: String,
}

impl RecordShape {
    /// Of this claim.
    pub fn new(claim: &Claim) -> Self {
        Self { name: crate::challenge_name(&claim.domain), r#type: "TXT", value: claim.challenge.clone() }
    }
}

impl From<&Claim> for DomainShape {
    fn from(claim: &Claim) -> Self {
        Self {
            domain: claim.domain.to_string(),
            tenant_id: Some(claim.tenant.to_string()),
            status: claim_status(claim.status),
            generation: None,
            join: None,
            record: (claim.status == ClaimStatus::Pending).then(|| RecordShape::new(claim)),
            assumed: claim.assumed.clone(),
        }
    }
}

impl From<&DomainOwner> for DomainShape {
    fn from(owner: &DomainOwner) -> Self {
        Self {
            domain: owner.domain.to_string(),
            tenant_id: owner.tenant.as_ref().map(ToString::to_string),
            status: if owner.tenant.is_some() { "verified" } else { "released" },
            generation: Some(owner.generation),
            join: owner.join.map(join_mode),
            record: None,
            assumed: None,
        }
    }
}

impl From<&TenantDomain> for DomainShape {
    fn from(of: &TenantDomain) -> Self {
        match (&of.owner, &of.claim) {
            (Some(owner), claim) => {
                Self { assumed: claim.as_ref().and_then(|claim| claim.assumed.clone()), ..Self::from(owner) }
            }
            (None, Some(claim)) => {
                let mut shape = Self::from(claim);
                if claim.status == ClaimStatus::Verified {
                    // The owner item decides, and it is not this tenant's any more.
                    shape.status = "lost";
                }
                shape
            }
            // INVARIANT: a domain of a tenant has a claim or an owner item.
            (None, None) => Self {
                domain: of.domain.to_string(),
                tenant_id: None,
                status: "released",
                generation: None,
                join: None,
                record: None,
                assumed: None,
            },
        }
    }
}

/// An app client's binding.
#[derive(Debug, Serialize)]
pub struct ClientShape {
    pool: String,
    client_id: String,
    kind: &'static str,
    tenant_id: Option<String>,
    roles: Vec<String>,
    mode: &'static str,
    groups: &'static str,
    account_scope: &'static str,
}

impl From<&Binding> for ClientShape {
    fn from(binding: &Binding) -> Self {
        Self {
            pool: binding.client.pool.to_string(),
            client_id: binding.client.id.to_string(),
            kind: client_kind(&binding.kind),
            tenant_id: binding.kind.tenant().map(ToString::to_string),
            roles: match &binding.kind {
                ClientKind::Machine { roles, .. } => texts(roles.iter()),
                _ => Vec::new(),
            },
            mode: match binding.mode {
                Mode::Observe => "observe",
                Mode::Enforce => "enforce",
            },
            groups: match binding.groups {
                Groups::Carry => "carry",
                Groups::Replace => "replace",
            },
            account_scope: if binding.suppress_account_scope { "suppress" } else { "keep" },
        }
    }
}

/// A pool as a whole.
#[derive(Debug, Serialize)]
pub struct PoolShape {
    pool: String,
    observe_unbound: bool,
    dedicated_to: Option<String>,
}

impl From<&Pool> for PoolShape {
    fn from(pool: &Pool) -> Self {
        Self {
            pool: pool.id.to_string(),
            observe_unbound: pool.observe_unbound,
            dedicated_to: pool.dedicated_to.as_ref().map(ToString::to_string),
        }
    }
}

/// An identity provider.
#[derive(Debug, Serialize)]
pub struct ProviderShape {
    pool: String,
    provider: String,
    kind: &'static str,
    tenant_id: Option<String>,
    enabled: bool,
}

impl From<&Provider> for ProviderShape {
    fn from(provider: &Provider) -> Self {
        Self {
            pool: provider.pool.to_string(),
            provider: provider.name.to_string(),
            kind: provider_kind(&provider.kind),
            tenant_id: match &provider.kind {
                ProviderKind::Tenant(tenant) => Some(tenant.to_string()),
                ProviderKind::Social => None,
            },
            enabled: provider.enabled,
        }
    }
}

/// A role of the catalogue.
#[derive(Debug, Serialize)]
pub struct RoleShape {
    role: String,
    permissions: Vec<String>,
    scopes: Vec<String>,
}

impl RoleShape {
    /// Every role of a catalogue, in alphabetical order.
    pub fn all(catalogue: &Catalogue) -> Vec<Self> {
        catalogue
            .roles()
            .iter()
            .map(|(role, grant)| Self {
                role: role.to_string(),
                permissions: grant.permissions.iter().cloned().collect(),
                scopes: grant.scopes.iter().cloned().collect(),
            })
            .collect()
    }
}

fn texts<T: ToString>(all: impl Iterator<Item = T>) -> Vec<String> {
    all.map(|one| one.to_string()).collect()
}

/// A setting of an app client that is not what it has to be.
#[derive(Debug, Serialize)]
pub struct DifferenceShape {
    code: &'static str,
    severity: &'static str,
    setting: &'static str,
    removed: Vec<String>,
    added: Vec<String>,
    because: &'static str,
    by_hand: Option<&'static str>,
}

impl From<&pool::Difference> for DifferenceShape {
    fn from(found: &pool::Difference) -> Self {
        Self {
            code: found.code(),
            severity: difference_severity(found.severity),
            setting: found.setting(),
            removed: found.removed(),
            added: found.added(),
            because: found.because,
            by_hand: found.by_hand,
        }
    }
}

/// The word for what hangs on a difference.
pub const fn difference_severity(severity: pool::Severity) -> &'static str {
    match severity {
        pool::Severity::Around => "around",
        pool::Severity::LocksOut => "locks_out",
        pool::Severity::Hygiene => "hygiene",
    }
}

/// An app client, and how far it is from its tenant's policy.
#[derive(Debug, Serialize)]
pub struct ClientInLineShape {
    pool: String,
    client: String,
    name: Option<String>,
    mode: &'static str,
    made_here: bool,
    may_change: bool,
    differences: Vec<DifferenceShape>,
}

impl From<&crate::ClientInLine> for ClientInLineShape {
    fn from(client: &crate::ClientInLine) -> Self {
        Self {
            pool: client.binding.client.pool.to_string(),
            client: client.binding.client.id.to_string(),
            name: client.name.clone(),
            mode: if client.binding.mode == Mode::Enforce { "enforce" } else { "observe" },
            made_here: client.made_here,
            may_change: client.may_change,
            differences: client.differences.iter().map(DifferenceShape::from).collect(),
        }
    }
}
