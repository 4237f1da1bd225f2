//! Which tenants an address would reach, by which route, and why not: the triggers' own decisions, asked with what the table says.

use std::collections::BTreeMap;

use domain::access::{self, Access, Way};
use domain::enrol::{self, Enrolment};
use domain::{
    Account, Client, ClientKind, DomainOwner, Email, Identities, JoinMode, Mailbox, MailboxKey, Membership, Origin,
    Refusal, Roles, Tenant, TenantId, TenantStatus,
};
use jiff::Timestamp;
use store::enrolment::inviter_may;
use store::entity::KeyedMailbox;
use store::{Batch, Key};

use crate::{OperationError, Operations};

/// Keys of one batch.
const BATCH: usize = 100;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every tenant.
    Everywhere,
    /// One tenant.
    Tenant(TenantId),
    /// The tenants that an app client can speak of.
    Client(Client),
}

/// What an address would reach in a tenant, with a plain account whose address is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The tenant.
    pub tenant: Tenant,
    /// What would happen.
    pub outcome: Outcome,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A member, who gets in.
    Member(Box<Membership>),
    /// Would become a member.
    Joins {
        /// What the membership would rest on.
        origin: Origin,
        /// As what.
        roles: Roles,
    },
    /// Would ask an admin.
    Requests {
        /// What the membership would rest on.
        origin: Origin,
        /// As what.
        roles: Roles,
    },
    /// Would be refused.
    Refused(Refusal),
}

impl Operations {
    /// Asks for an address. Everywhere, only tenants are told of that know the address or that it would reach. For operators.
    pub async fn whois(&self, address: &Email, scope: &Scope) -> Result<Vec<Reach>, OperationError> {
        self.operators_only()?;
        let mut shared = false;
        let (tenants, all) = match scope {
            Scope::Everywhere => (self.tenants().await?, false),
            Scope::Tenant(id) => (vec![self.read_tenant(id).await?], true),
            Scope::Client(client) => match self.read_binding(client).await?.kind {
                ClientKind::Tenant(id) => (vec![self.read_tenant(&id).await?], true),
                ClientKind::Shared => {
                    shared = true;
                    (self.tenants().await?, false)
                }
                ClientKind::Machine { .. } | ClientKind::Unbound => (Vec::new(), true),
            },
        };
        let domain = self.read_domain_owner(address.domain()).await?;
        let mailboxes = self.mailboxes(&tenants, address).await?;
        let now = self.now();
        let mut reached = Vec::new();
        for tenant in tenants {
            let mailbox = mailboxes.get(&tenant.id);
            let known = mailbox.is_some()
                || domain.as_ref().is_some_and(|owner| owner.belongs_to(&tenant.id))
                || (tenant.policy.join == JoinMode::Open && tenant.status == TenantStatus::Active);
            if known || all {
                let mailbox = mailbox.cloned().unwrap_or_default();
                let outcome = self.ask(now, &tenant, address, domain.as_ref(), &mailbox, shared).await?;
                reached.push(Reach { tenant, outcome });
            }
        }
        Ok(reached)
    }

    async fn mailboxes(
        &self,
        tenants: &[Tenant],
        address: &Email,
    ) -> Result<BTreeMap<TenantId, Mailbox>, OperationError> {
        let mut found = BTreeMap::new();
        for some in tenants.chunks(BATCH) {
            let key = |tenant: &Tenant| Key::mailbox(&tenant.id, &MailboxKey::of(&tenant.id, address));
            let mut batch = Batch::default();
            for tenant in some {
                batch.add(key(tenant));
            }
            let items = self.session().batch(batch).await?;
            for tenant in some {
                if let Some(keyed) = items.get::<KeyedMailbox>(&key(tenant))? {
                    found.insert(tenant.id.clone(), keyed.mailbox);
                }
            }
        }
        Ok(found)
    }

    async fn ask(
        &self,
        now: Timestamp,
        tenant: &Tenant,
        address: &Email,
        domain: Option<&DomainOwner>,
        mailbox: &Mailbox,
        shared: bool,
    ) -> Result<Outcome, OperationError> {
        // Shared clients never speak of a tenant that asks for more than a password.
        if shared && tenant.policy.sso_required {
            return Ok(Outcome::Refused(Refusal::SsoRequired));
        }
        if shared && tenant.policy.chain.is_more_than_password() {
            return Ok(Outcome::Refused(Refusal::SignInAgain));
        }
        let account = Account {
            email: Some(Ok(address.clone())),
            email_verified: true,
            external: false,
            identities: Identities::None,
        };
        let row: Option<Membership> = match &mailbox.holder {
            Some(holder) => self.session().get(&Key::membership(&holder.person, &tenant.id)).await?,
            None => None,
        };
        let way = Way::Authentication;
        let standing = access::decide(&access::Facts {
            now,
            way,
            tenant,
            account: &account,
            domain,
            provider: None,
            mailbox,
            former_bar: None,
            membership: row.as_ref(),
            // Whoever signs in passes what the tenant asks for.
            code_passed: true,
        });
        match standing {
            Access::Granted(row) => return Ok(Outcome::Member(Box::new(row.clone()))),
            Access::Refused(refusal) => return Ok(Outcome::Refused(refusal)),
            Access::Enrol => {}
        }
        let inviter_may = match mailbox.open_invitation(now) {
            Some(terms) => inviter_may(self.session(), tenant, terms).await?,
            None => true,
        };
        let decided = enrol::enrol(&enrol::Facts {
            now,
            tenant,
            account: &account,
            domain,
            provider: None,
            mailbox,
            membership: row.as_ref(),
            remembered: None,
            predecessor: None,
            inviter_may,
        });
        Ok(match (decided, row) {
            (Enrolment::Join(joining), _) => Outcome::Joins { origin: joining.origin, roles: joining.roles },
            (Enrolment::Request(joining), _) => Outcome::Requests { origin: joining.origin, roles: joining.roles },
            (Enrolment::Refuse(refusal), _) => Outcome::Refused(refusal),
            (Enrolment::Member, Some(row)) => Outcome::Member(Box::new(row)),
            (Enrolment::Member, None) => Outcome::Refused(Refusal::InvitationRequired),
        })
    }
}
