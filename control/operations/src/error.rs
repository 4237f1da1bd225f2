//! Every way in which an operation fails: what went wrong, a stable code, and what to do about it.

use domain::{DomainName, Invalid, Slug, TenantId};
use pool::PoolError;
use store::Broken;

/// A failed operation. [`std::fmt::Display`] says what went wrong, [`OperationError::help`] what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// A text that is not what it should be.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// No such tenant.
    #[error("there is no tenant {0}")]
    TenantUnknown(String),
    /// Somebody has the slug.
    #[error("the slug {0} belongs to another tenant")]
    SlugTaken(Slug),
    /// The tenant is not in a state in which this can be done.
    #[error("the tenant is {0}")]
    TenantState(&'static str),
    /// Roles for everybody may not be that high.
    #[error("people would join as {0} without anybody granting it")]
    DefaultRolesTooHigh(String),
    /// Nobody could sign in any more.
    #[error("with single sign-on required, nobody could sign in: the tenant has no {0}")]
    SsoWithoutProvider(&'static str),
    /// No such member.
    #[error("there is no such member in this tenant")]
    MemberUnknown,
    /// The person is a member already, in another way than asked for.
    #[error("this person is a member already, {0}")]
    MemberExists(String),
    /// The membership is not in a state in which this can be done.
    #[error("this membership is {status}")]
    MemberState {
        /// The state.
        status: &'static str,
        /// What can be done instead.
        instead: &'static str,
    },
    /// The mailbox is barred.
    #[error("this address is barred from the tenant: its member was {0}")]
    MailboxBarred(&'static str),
    /// Nothing says which mailbox to bar.
    #[error("this member came without an address, so none would be barred")]
    AddressUnknown,
    /// Nobody would be left to own the tenant.
    #[error("this is the tenant's last owner")]
    LastOwner,
    /// Every seat is taken.
    #[error("every seat of the tenant is taken")]
    SeatsFull,
    /// The counter says something that cannot be.
    #[error("the tenant's seat counter disagrees with its members")]
    SeatsDisagree,
    /// There is an open invitation.
    #[error("this address has an open invitation already")]
    InvitationExists,
    /// No such invitation.
    #[error("there is no such invitation in this tenant")]
    InvitationUnknown,
    /// The invitation was settled.
    #[error("this invitation was {0} already")]
    InvitationSettled(&'static str),
    /// Too short or too long.
    #[error("an invitation is open between one minute and {most} days")]
    InvitationLifetime {
        /// The most days.
        most: i64,
    },
    /// A public suffix.
    #[error("{0} is a public suffix: nobody can own it")]
    DomainPublicSuffix(DomainName),
    /// A public mailbox provider.
    #[error("{0} gives mailboxes to everybody: no tenant can own it")]
    DomainPublicMailbox(DomainName),
    /// No claim.
    #[error("this tenant has not claimed {0}")]
    DomainUnclaimed(DomainName),
    /// The record is not there.
    #[error("the TXT record of {domain} does not hold the challenge yet ({found} other records found)")]
    DomainUnproven {
        /// The domain.
        domain: DomainName,
        /// The record that is expected.
        challenge: String,
        /// How many other records there are.
        found: usize,
    },
    /// DNS did not answer.
    #[error("the TXT record of {domain} could not be looked up: {cause}")]
    DnsUnreachable {
        /// The domain.
        domain: DomainName,
        /// Why.
        cause: String,
    },
    /// Another tenant proved it first.
    #[error("{0} belongs to another tenant")]
    DomainTaken(DomainName),
    /// Not this tenant's.
    #[error("{0} does not belong to this tenant")]
    DomainNotOwned(DomainName),
    /// Members rest on the domain.
    #[error("{dependants} memberships rest on {domain} and would end with it")]
    DomainInUse {
        /// The domain.
        domain: DomainName,
        /// How many.
        dependants: u64,
    },
    /// Owners rest on the domain.
    #[error("{owners} owners rest on {domain}: they would go on counting as owners, and could do nothing")]
    OwnersOnDomain {
        /// The domain.
        domain: DomainName,
        /// How many.
        owners: u64,
    },
    /// No such app client.
    #[error("this app client was never bound")]
    ClientUnknown,
    /// Bound to something else.
    #[error("this app client is bound to something else: {0}")]
    ClientBoundElsewhere(String),
    /// Clients that are not ours stand open.
    #[error(
        "at {0} app clients people could get around the policy, and nothing here may change that; nothing was changed"
    )]
    ClientsAdopted(usize),
    /// Clients stand open although the table has the policy.
    #[error("the table has the policy by now, but at {0} app clients people could still get around it")]
    ClientsOpen(usize),
    /// Somebody else changed it meanwhile.
    #[error("the app client {0} is no longer what was shown; nothing of it was changed")]
    ClientChanged(String),
    /// Its name stands for something else.
    #[error("there is an app client of this name already, made as {0}")]
    ClientNameTaken(&'static str),
    /// It was made to the end.
    #[error("the app client {0} was made under this name and is bound: there is nothing to take back")]
    ClientMade(String),
    /// It was deleted in the pool.
    #[error("the app client {0} was made under this name and is gone from its pool")]
    ClientGone(String),
    /// It was unbound since.
    #[error("the app client {0} was made under this name and is unbound by now")]
    ClientUnbound(String),
    /// It cannot be made from this.
    #[error("this app client needs {0}")]
    ClientLacks(&'static str),
    /// It was made elsewhere.
    #[error("this app client was not made here")]
    ClientNotOurs,
    /// Two ways of signing in that exclude each other.
    #[error("a tenant that requires single sign-on has no further step of its own: its provider asks for it")]
    ChainWithSso,
    /// No such provider.
    #[error("this identity provider is not bound")]
    ProviderUnknown,
    /// Bound to something else.
    #[error("this identity provider is bound to something else: {0}")]
    ProviderBoundElsewhere(String),
    /// The pool is dedicated to another tenant.
    #[error("this pool is dedicated to another tenant")]
    PoolDedicatedElsewhere,
    /// No such role in the catalogue.
    #[error("the catalogue does not know the role {0}")]
    RoleUnknown(String),
    /// Nothing is known of the person.
    #[error("the table holds nothing of this person")]
    PersonUnknown,
    /// Operators alone may do this.
    #[error("only an operator may do this")]
    ForOperators,
    /// The actor is no admin of the tenant.
    #[error("only an active {0} of the tenant may do this")]
    NotAllowed(&'static str),
    /// Above the actor.
    #[error("nobody grants, or changes, what is above themselves")]
    AboveOneself,
    /// The table is not there.
    #[error("there is no table {0}")]
    TableMissing(String),
    /// The table is not there: some request found out.
    #[error("the table is not there")]
    NoTable,
    /// The same decision lost its race too often.
    #[error("the table kept changing under this operation")]
    Contended,
    /// The user pool could not be asked, said no, or holds what this version does not know.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The table could not be asked, or answered nonsense.
    #[error(transparent)]
    Broken(Broken),
}

/// Whose fault a failure is: command lines turn it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The operation is refused; nothing was written, or the message says what was.
    Refused,
    /// The input is not what it should be; nothing was written.
    Usage,
    /// The table, or DNS, could not be asked. Repeating the operation is safe.
    Broken,
}

impl OperationError {
    /// The code, which never changes its meaning.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID",
            Self::TenantUnknown(_) => "TENANT_UNKNOWN",
            Self::SlugTaken(_) => "SLUG_TAKEN",
            Self::TenantState(_) => "TENANT_STATE",
            Self::DefaultRolesTooHigh(_) => "DEFAULT_ROLES_TOO_HIGH",
            Self::SsoWithoutProvider(_) => "SSO_WITHOUT_PROVIDER",
            Self::MemberUnknown => "MEMBER_UNKNOWN",
            Self::MemberExists(_) => "MEMBER_EXISTS",
            Self::MemberState { .. } => "MEMBER_STATE",
            Self::MailboxBarred(_) => "MAILBOX_BARRED",
            Self::AddressUnknown => "ADDRESS_UNKNOWN",
            Self::LastOwner => "LAST_OWNER",
            Self::SeatsFull => "SEATS_FULL",
            Self::SeatsDisagree => "SEATS_DISAGREE",
            Self::InvitationExists => "INVITATION_EXISTS",
            Self::InvitationUnknown => "INVITATION_UNKNOWN",
            Self::InvitationSettled(_) => "INVITATION_SETTLED",
            Self::InvitationLifetime { .. } => "INVITATION_LIFETIME",
            Self::DomainPublicSuffix(_) => "DOMAIN_PUBLIC_SUFFIX",
            Self::DomainPublicMailbox(_) => "DOMAIN_PUBLIC_MAILBOX",
            Self::DomainUnclaimed(_) => "DOMAIN_UNCLAIMED",
            Self::DomainUnproven { .. } => "DOMAIN_UNPROVEN",
            Self::DnsUnreachable { .. } => "DNS_UNREACHABLE",
            Self::DomainTaken(_) => "DOMAIN_TAKEN",
            Self::DomainNotOwned(_) => "DOMAIN_NOT_OWNED",
            Self::DomainInUse { .. } => "DOMAIN_IN_USE",
            Self::OwnersOnDomain { .. } => "OWNERS_ON_DOMAIN",
            Self::ClientUnknown => "CLIENT_UNKNOWN",
            Self::ClientBoundElsewhere(_) => "CLIENT_BOUND_ELSEWHERE",
            Self::ClientsAdopted(_) => "CLIENTS_ADOPTED",
            Self::ClientsOpen(_) => "CLIENTS_OPEN",
            Self::ClientChanged(_) => "CLIENT_CHANGED",
            Self::ClientNameTaken(_) => "CLIENT_NAME_TAKEN",
            Self::ClientMade(_) => "CLIENT_MADE",
            Self::ClientGone(_) => "CLIENT_GONE",
            Self::ClientUnbound(_) => "CLIENT_UNBOUND",
            Self::ClientLacks(_) => "CLIENT_LACKS",
            Self::ClientNotOurs => "CLIENT_NOT_OURS",
            Self::ChainWithSso => "CHAIN_WITH_SSO",
            Self::ProviderUnknown => "PROVIDER_UNKNOWN",
            Self::ProviderBoundElsewhere(_) => "PROVIDER_BOUND_ELSEWHERE",
            Self::PoolDedicatedElsewhere => "POOL_DEDICATED_ELSEWHERE",
            Self::RoleUnknown(_) => "ROLE_UNKNOWN",
            Self::PersonUnknown => "PERSON_UNKNOWN",
            Self::ForOperators => "FOR_OPERATORS",
            Self::NotAllowed(_) => "NOT_ALLOWED",
            Self::AboveOneself => "ABOVE_ONESELF",
            Self::TableMissing(_) | Self::NoTable => "TABLE_MISSING",
            Self::Contended => "CONTENDED",
            Self::Pool(PoolError::Missing) => "POOL_CLIENT_UNKNOWN",
            Self::Pool(PoolError::UnknownSettings(_)) => "POOL_SETTINGS_UNKNOWN",
            Self::Pool(PoolError::Refused { .. }) => "POOL_REFUSED",
            Self::Pool(PoolError::NotAllowed(_)) => "POOL_NOT_ALLOWED",
            Self::Pool(PoolError::Failed { .. }) => "POOL_BROKEN",
            Self::Broken(_) => "STORE_BROKEN",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Invalid(_) => "correct it and repeat the command".to_owned(),
            Self::TenantUnknown(_) => {
                "`tenantctl tenant list` shows every tenant; name it by its slug or its id".to_owned()
            }
            Self::SlugTaken(_) => "choose another slug".to_owned(),
            Self::TenantState("closed") => "`tenantctl tenant restore` opens it again".to_owned(),
            Self::TenantState("suspended") => "`tenantctl tenant resume` lets its members in again".to_owned(),
            Self::TenantState(_) => "`tenantctl tenant show` tells its state".to_owned(),
            Self::DefaultRolesTooHigh(_) => {
                "choose default roles up to member; grant more to single people with `tenantctl member role`".to_owned()
            }
            Self::SsoWithoutProvider(_) => "bind one first: `tenantctl idp bind`, `tenantctl domain claim`".to_owned(),
            Self::MemberUnknown => {
                "`tenantctl member list` shows every member; name one by member id, e-mail address or POOL:SUB"
                    .to_owned()
            }
            Self::MemberExists(_) => {
                "`tenantctl member role` changes the roles of a member; `tenantctl member remove` ends a membership, and bars the \
                 address it came with"
                    .to_owned()
            }
            Self::MemberState { instead, .. } => (*instead).to_owned(),
            Self::MailboxBarred("suspended") => {
                "`tenantctl member resume` lifts the suspension; `tenantctl member remove` ends the membership, and keeps the \
                 address barred"
                    .to_owned()
            }
            Self::MailboxBarred(_) => {
                "`tenantctl member reinstate` takes the member back; a new invitation to the address does, too"
                    .to_owned()
            }
            Self::AddressUnknown => {
                "name it with --email ADDRESS, or pass --without-bar: another account may then come back".to_owned()
            }
            Self::LastOwner => "make somebody else an owner first, or close the tenant".to_owned(),
            Self::SeatsFull => {
                "remove a member, or raise the limit with `tenantctl tenant policy --seat-limit`".to_owned()
            }
            Self::SeatsDisagree => "`tenantctl doctor --fix` counts again".to_owned(),
            Self::InvitationExists => "revoke it, or pass --replaces to revoke and reissue at once".to_owned(),
            Self::InvitationUnknown => {
                "`tenantctl invite list` shows every invitation; name one by its address or its id".to_owned()
            }
            Self::InvitationSettled(_) => "create a new one with `tenantctl invite create`".to_owned(),
            Self::InvitationLifetime { .. } => "choose another --expires, for example 7d or 48h".to_owned(),
            Self::DomainPublicSuffix(_) => "claim a domain that was registered below it".to_owned(),
            Self::DomainPublicMailbox(_) => "invite these people one by one".to_owned(),
            Self::DomainUnclaimed(_) => "`tenantctl domain claim` makes the claim and shows the TXT record".to_owned(),
            Self::DomainUnproven { domain, challenge, .. } => format!(
                "create this record, wait until it is published, and repeat the command: {} TXT \"{challenge}\"",
                crate::challenge_name(domain)
            ),
            Self::DnsUnreachable { .. } => {
                "repeat the command later, or name another DNS server with --resolver".to_owned()
            }
            Self::DomainTaken(_) => {
                "its owner can release it, or an operator transfers it with `tenantctl domain transfer`".to_owned()
            }
            Self::DomainNotOwned(_) => "`tenantctl domain list` shows the tenant's domains".to_owned(),
            Self::DomainInUse { .. } => {
                "pass --keep-members to let them stay, --drop-members to let them go, or --dry-run to look".to_owned()
            }
            Self::OwnersOnDomain { .. } => {
                "make somebody else an owner, take the role from these with `tenantctl member role` (or remove them), and repeat; or pass \
                 --keep-members"
                    .to_owned()
            }
            Self::ClientUnknown => {
                "`tenantctl client list` shows the bound ones; `tenantctl client bind` binds one".to_owned()
            }
            Self::ClientBoundElsewhere(_) => {
                "`tenantctl client unbind` first; its users are denied in between".to_owned()
            }
            Self::ClientsAdopted(_) => {
                "`--dry-run` shows them, and what has to be done by hand first; pass --adopted to change clients that were not \
                 made here, or --table-only to leave clients alone"
                    .to_owned()
            }
            Self::ClientsOpen(_) => {
                "somebody bound, enforced or changed a client meanwhile: `--dry-run` shows them, and the same command again \
                 closes them, those that were not made here with --adopted"
                    .to_owned()
            }
            Self::ClientChanged(_) => "repeat the command, and look at the differences again".to_owned(),
            Self::ClientNameTaken(_) => "choose another --name; `tenantctl client list` shows what is bound".to_owned(),
            Self::ClientMade(client) => format!("`tenantctl client delete {client}` deletes it"),
            Self::ClientGone(client) => {
                format!("`tenantctl client delete {client}` clears it, then repeat the command")
            }
            Self::ClientUnbound(_) => {
                "`tenantctl client bind` binds it again, `tenantctl client delete` deletes it".to_owned()
            }
            Self::ClientLacks(_) => "give it, or leave out what does not go with it, and repeat the command".to_owned(),
            Self::ClientNotOurs => {
                "`tenantctl client unbind` denies its users; pass --adopted to delete it all the same".to_owned()
            }
            Self::ChainWithSso => "take one back first: `--sso-required false`, or `--chain password`".to_owned(),
            Self::ProviderUnknown => {
                "`tenantctl idp list` shows the bound ones; `tenantctl idp bind` binds one".to_owned()
            }
            Self::ProviderBoundElsewhere(_) => "`tenantctl idp unbind` first".to_owned(),
            Self::PoolDedicatedElsewhere => "`tenantctl pool dedicate --to nobody` first".to_owned(),
            Self::RoleUnknown(_) => "`tenantctl role list` shows the catalogue".to_owned(),
            Self::PersonUnknown => "name the person as POOL:SUB, as the pool knows them".to_owned(),
            Self::ForOperators => "ask an operator".to_owned(),
            Self::NotAllowed(_) | Self::AboveOneself => "ask an owner of the tenant, or an operator".to_owned(),
            Self::TableMissing(_) | Self::NoTable => {
                "`tenantctl init` creates it; or name another with --table and --region".to_owned()
            }
            Self::Contended => "repeat the command".to_owned(),
            Self::Pool(PoolError::Missing) => {
                "check the pool, the client, the AWS account and --region; `tenantctl doctor --pool` compares; \
                 `tenantctl client unbind` forgets a client whose pool is really gone"
                    .to_owned()
            }
            Self::Pool(PoolError::UnknownSettings(_)) => {
                "update tenantctl, or change the client in the console: writing it back would lose them".to_owned()
            }
            Self::Pool(PoolError::Refused { .. }) => "change what Cognito names, then repeat the command".to_owned(),
            Self::Pool(PoolError::NotAllowed(_)) => "let IAM allow it, or use other credentials".to_owned(),
            Self::Pool(PoolError::Failed { .. }) => {
                "check the network, the credentials and --region; repeating is safe".to_owned()
            }
            Self::Broken(Broken::Unreadable { .. } | Broken::ForeignKey) => {
                "`tenantctl doctor` names the item; update tenantctl if it is older than the table".to_owned()
            }
            Self::Broken(_) => {
                "check the network, the credentials and --region, --table, --endpoint-url; repeating is safe".to_owned()
            }
        }
    }

    /// Whose fault it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) | Self::InvitationLifetime { .. } | Self::ClientLacks(_) => ErrorKind::Usage,
            Self::Broken(_)
            | Self::Pool(PoolError::Failed { .. } | PoolError::NotAllowed(_))
            | Self::Contended
            | Self::DnsUnreachable { .. }
            | Self::TableMissing(_)
            | Self::NoTable => ErrorKind::Broken,
            _ => ErrorKind::Refused,
        }
    }

    pub(crate) fn no_tenant(id: &TenantId) -> Self {
        Self::TenantUnknown(id.to_string())
    }
}

impl From<Broken> for OperationError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Contended => Self::Contended,
            Broken::Failed { ref cause, .. } if cause.starts_with("ResourceNotFoundException") => Self::NoTable,
            other => Self::Broken(other),
        }
    }
}
