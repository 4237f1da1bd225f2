//! The facts as the store hands them to the decisions.

use domain::{
    Bar as RealBar, BarReason, DomainOwner, Holder, Identity, Inviter, Mailbox, Membership, MembershipStatus,
    Origin as RealOrigin, Provider as RealProvider, ProviderKind, Terms,
};

use super::{Facts, ME, OTHER, PARSED, time};
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

    pub(super) fn real_domain(&self) -> Option<DomainOwner> {
        let email = self.account.email.filter(|email| email.mailbox.is_some())?;
        let found = self.model.domains.get(email.domain)?;
        Some(DomainOwner {
            domain: nouns::domain_name(email.domain),
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
            inviter: Inviter::Operator,
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
            domain: self.real_domain(),
            provider,
            mailbox,
            predecessor: self.real_row(OTHER, "acme").filter(|_| other),
            former_bar: former.filter(|name| Some(*name) != self.account.mailbox()).and_then(|name| {
                let ended = self.model.ended.get(&("acme", name)).copied().map(time);
                let known = Mailbox { bar: self.real_bar("acme", name), ended, ..Mailbox::default() };
                known.bar_on(membership.as_ref()?)
            }),
            membership,
        }
    }
}
