//! The facts as the store hands them to the decisions.

use domain::enrol::may_still_invite;
use domain::standing::{self, Ground};
use domain::{
    Bar as RealBar, BarReason, DomainOwner, Holder, Identity, Inviter, Mailbox, Membership, MembershipStatus,
    Origin as RealOrigin, Provider as RealProvider, ProviderKind, Terms,
};

use super::{Facts, ME, NOW, OTHER, PARSED, time};
use crate::model::nouns::{Identities, Invitation, Name, Origin, Status, TenantStatus};
use crate::model::real::{real_join, real_tenant};
use crate::nouns;

/// The same, as the store hands it to the decisions.
pub(super) struct Real {
    pub(super) account: domain::Account,
    pub(super) domain: Option<DomainOwner>,
    pub(super) provider: Option<RealProvider>,
    pub(super) mailbox: Mailbox,
    pub(super) membership: Option<Membership>,
    pub(super) predecessor: Option<Membership>,
    pub(super) former_bar: Option<RealBar>,
    pub(super) inviter_may: bool,
}

impl Facts {
    pub(super) fn real_account(&self) -> domain::Account {
        let identity = |provider: Name| Identity { provider: provider.to_owned(), subject: "1".to_owned() };
        domain::Account {
            email: self.account.email.map(|typed| typed.text.parse()),
            email_verified: self.account.verified,
            external: self.account.external,
            identities: match self.account.identities {
                Identities::None => domain::Identities::None,
                Identities::One(provider) => domain::Identities::One(identity(provider)),
                Identities::Many => domain::Identities::Many,
                Identities::Malformed => domain::Identities::Malformed,
            },
        }
    }

    /// The owner of the domain of the account's address.
    pub(super) fn own_domain(&self) -> Option<DomainOwner> {
        self.real_domain(self.account.email.filter(|email| email.mailbox.is_some())?.domain)
    }

    fn real_domain(&self, name: Name) -> Option<DomainOwner> {
        let found = self.model.domains.get(name)?;
        Some(DomainOwner {
            domain: nouns::domain_name(name),
            tenant: found.owner.map(|owner| PARSED.tenants[owner].clone()),
            generation: found.generation,
            join: found.join.map(real_join),
            revision: 1,
        })
    }

    pub(super) fn real_provider(&self, name: Name) -> Option<RealProvider> {
        let found = self.model.providers.get(name)?;
        Some(RealProvider {
            pool: nouns::pool(),
            name: nouns::provider_name(name),
            kind: found.of.map_or(ProviderKind::Social, |of| ProviderKind::Tenant(PARSED.tenants[of].clone())),
            enabled: found.enabled,
            revision: 1,
        })
    }

    pub(super) fn real_tenant(&self, name: Name) -> domain::Tenant {
        let tenant = &self.model.tenants[name];
        let status = match tenant.status {
            TenantStatus::Active => domain::TenantStatus::Active,
            TenantStatus::Suspended => domain::TenantStatus::Suspended,
            TenantStatus::Closed => domain::TenantStatus::Closed,
        };
        domain::Tenant { status, ..real_tenant(name, tenant) }
    }

    pub(super) fn real_row(&self, person: Name, tenant: Name) -> Option<Membership> {
        let row = self.model.rows.get(&(person, tenant))?;
        Some(Membership {
            person: PARSED.people[person].clone(),
            tenant: PARSED.tenants[tenant].clone(),
            member: nouns::member_id(person),
            roles: nouns::roles(&[row.role]),
            status: match row.status {
                Status::Requested => MembershipStatus::Requested,
                Status::Denied => MembershipStatus::Denied,
                Status::Active => MembershipStatus::Active,
                Status::Suspended => MembershipStatus::Suspended,
                Status::Removed => MembershipStatus::Removed,
                Status::Superseded => MembershipStatus::Superseded,
            },
            origin: match row.origin {
                Origin::Domain(domain, generation) => {
                    RealOrigin::Domain { domain: nouns::domain_name(domain), generation }
                }
                Origin::Provider(name) => RealOrigin::Provider(nouns::provider_name(name)),
                Origin::Invitation => RealOrigin::Invitation(PARSED.digest.clone()),
                Origin::Open => RealOrigin::Open,
                Origin::Added => RealOrigin::Added,
            },
            address: row.address.map(|address| PARSED.emails[address].clone()),
            since: time(row.since),
            created: time(row.since),
            revision: 1,
        })
    }

    pub(super) fn real_bar(&self, tenant: Name, mailbox: Name) -> Option<RealBar> {
        let bar = self.model.bars.get(&(tenant, mailbox))?;
        let reason = if bar.suspended { BarReason::Suspended } else { BarReason::Removed };
        Some(RealBar { reason, since: time(bar.since) })
    }

    pub(super) fn real_terms(invitation: &Invitation) -> Terms {
        Terms {
            digest: PARSED.digest.clone(),
            roles: nouns::roles(&[invitation.role]),
            inviter: invitation.inviter.map_or(Inviter::Operator, |name| Inviter::Member(PARSED.people[name].clone())),
            created: time(invitation.made),
            expires: time(invitation.expires),
        }
    }

    pub(super) fn real_mailbox(&self, tenant: Name) -> Mailbox {
        let Some(mailbox) = self.account.mailbox() else { return Mailbox::default() };
        let meant = |one: &&Invitation| one.tenant == tenant && one.address == mailbox;
        let holder = self.model.holders.get(&(tenant, mailbox));
        Mailbox {
            bar: self.real_bar(tenant, mailbox),
            ended: self.model.ended.get(&(tenant, mailbox)).copied().map(time),
            invitation: self.model.invitations.iter().find(meant).map(Self::real_terms),
            holder: holder.map(|name| Holder { person: PARSED.people[name].clone(), member: nouns::member_id(name) }),
            revision: 1,
        }
    }

    pub(super) fn real(&self) -> Real {
        let provider = match self.account.identities {
            Identities::One(name) if self.account.external => self.real_provider(name),
            _ => None,
        };
        let mailbox = self.real_mailbox("acme");
        let other = mailbox.holder.as_ref().is_some_and(|holder| holder.person == PARSED.people[OTHER]);
        let membership = self.real_row(ME, "acme");
        let former = membership.as_ref().filter(|row| row.status == MembershipStatus::Active);
        let former = former.and_then(|_| self.model.rows[&(ME, "acme")].address);
        Real {
            account: self.real_account(),
            domain: self.own_domain(),
            provider,
            predecessor: self.real_row(OTHER, "acme").filter(|_| other),
            former_bar: former
                .filter(|name| Some(*name) != self.account.mailbox())
                .and_then(|name| self.endings(name).bar_on(membership.as_ref()?)),
            inviter_may: self.real_inviter_may(&mailbox),
            membership,
            mailbox,
        }
    }

    /// What a mailbox says of those who ended.
    fn endings(&self, name: Name) -> Mailbox {
        let ended = self.model.ended.get(&("acme", name)).copied().map(time);
        Mailbox { bar: self.real_bar("acme", name), ended, ..Mailbox::default() }
    }

    fn real_inviter_may(&self, mailbox: &Mailbox) -> bool {
        let Some(terms) = mailbox.open_invitation(time(NOW)) else { return true };
        let row = self.real_row(OTHER, "acme");
        let stands = row.as_ref().is_some_and(|row| {
            let meant = &self.model.rows[&(OTHER, "acme")];
            let mailbox = meant.address.map(|name| self.endings(name));
            let (domain, provider) = match meant.origin {
                Origin::Domain(name, _) => (self.real_domain(name), None),
                Origin::Provider(name) => (None, self.real_provider(name)),
                Origin::Invitation | Origin::Open | Origin::Added => (None, None),
            };
            let ground = Ground { mailbox: mailbox.as_ref(), domain: domain.as_ref(), provider: provider.as_ref() };
            standing::stands(row, &ground)
        });
        let inviter = row.as_ref().map(|row| (row, stands));
        may_still_invite(terms, inviter, &self.real_tenant("acme"), Some(&PARSED.people[ME]))
    }
}
