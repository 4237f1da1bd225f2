//! What the table holds of one person: to be given to them, or erased.

use domain::{
    BarReason, Email, Invitation, InvitationState, Inviter, Membership, MembershipStatus, Person, TenantId,
    TenantStatus, UserName,
};
use serde::Serialize;
use store::entity::{Audit, KeyedMailbox, Remembered};
use store::{Entity as _, Key};

use crate::commit::Part;
use crate::members::{BarChange, apply_bar};
use crate::record::Deed;
use crate::shape::{InvitationShape, MemberShape, bar_reason};
use crate::standing::seat_change;
use crate::{OperationError, Operations, ROUNDS};

/// Everything that the table holds of a person.
#[derive(Debug, Serialize)]
pub struct PersonExport {
    pool: String,
    sub: String,
    memberships: Vec<MemberShape>,
    mailboxes: Vec<MailboxShape>,
    invitations: Vec<InvitationShape>,
    records: Vec<RecordShape>,
    pending_enrolment: Option<EnrolmentShape>,
}

/// What a tenant keeps of a mailbox; the address itself is not in it.
#[derive(Debug, Serialize)]
struct MailboxShape {
    tenant_id: String,
    mailbox: String,
    barred: Option<&'static str>,
    barred_since: Option<String>,
    holder_sub: Option<String>,
}

/// A record of what the person did, or of what was done to their membership.
#[derive(Debug, Serialize)]
struct RecordShape {
    tenant_id: String,
    at: String,
    actor: String,
    action: String,
    target: String,
    reason: Option<String>,
}

/// What pre sign-up remembers.
#[derive(Debug, Serialize)]
struct EnrolmentShape {
    tenant_id: String,
    invitation_id: String,
    forgotten: String,
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Rows that were deleted.
    pub rows: u64,
    /// Rows that stay without an address, since they keep somebody out.
    pub stripped: u64,
    /// Invitations that were deleted.
    pub invitations: u64,
    /// Whether a pending enrolment was forgotten.
    pub enrolment: bool,
    /// At how many app clients codes were forgotten.
    pub codes: u64,
}

impl Operations {
    /// Every row of a person.
    pub async fn memberships_of(&self, person: &Person) -> Result<Vec<Membership>, OperationError> {
        self.operators_only()?;
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let page = self.session.memberships_page(person, 200, from).await?;
            rows.extend(page.entities);
            from = page.next;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Everything that the table holds of a person. `user_name`: theirs, where it is not the sub. For operators.
    pub async fn export_person(
        &self,
        person: &Person,
        user_name: Option<&UserName>,
    ) -> Result<PersonExport, OperationError> {
        let rows = self.memberships_of(person).await?;
        let remembered = self.remembered(person, user_name).await?;
        if rows.is_empty() && remembered.is_none() {
            return Err(OperationError::PersonUnknown);
        }
        let now = self.now();
        let mut mailboxes = Vec::new();
        let mut invitations = Vec::new();
        let mut records = Vec::new();
        for row in &rows {
            if let Some(address) = &row.address {
                mailboxes.push(mailbox_shape(&self.mailbox(&row.tenant, address).await?));
            }
            let theirs = self.invitations_of(&row.tenant, person, row.address.as_ref()).await?;
            invitations.extend(theirs.iter().map(|one| InvitationShape::at(one, now)));
            records.extend(self.records_of(row).await?);
        }
        Ok(PersonExport {
            pool: person.pool.to_string(),
            sub: person.sub.to_string(),
            memberships: rows.iter().map(MemberShape::from).collect(),
            mailboxes,
            invitations,
            records,
            pending_enrolment: remembered.map(|remembered| EnrolmentShape {
                tenant_id: remembered.tenant.to_string(),
                invitation_id: remembered.invitation.to_string(),
                forgotten: remembered.forget.to_string(),
            }),
        })
    }

    /// Erases a person: their addresses, their invitations, and their rows, whose seats become free. Of somebody who was removed,
    /// suspended or declined the row stays, without the address, and so does the bar, which is a hash: erasure is no way back in. What
    /// interrupts this, the same call continues. For operators.
    pub async fn erase_person(
        &self,
        person: &Person,
        user_name: Option<&UserName>,
        reason: Option<&str>,
    ) -> Result<Erased, OperationError> {
        let rows = self.memberships_of(person).await?;
        let remembered = self.remembered(person, user_name).await?;
        let mut erased = Erased::default();
        if rows.is_empty() && remembered.is_none() {
            // An erasing that broke off after the last row goes on here.
            erased.codes = self.session.erase_codes(person).await?;
            return if erased.codes > 0 { Ok(erased) } else { Err(OperationError::PersonUnknown) };
        }
        // The address leads to the invitations, so they go first and the row that holds it last.
        for row in &rows {
            for invitation in self.invitations_of(&row.tenant, person, row.address.as_ref()).await? {
                let accepted = matches!(&invitation.state, InvitationState::Accepted { by, .. } if by == person);
                if accepted || Some(&invitation.address) == row.address.as_ref() {
                    self.erase_invitation(&invitation, person, row.address.as_ref()).await?;
                    erased.invitations += 1;
                }
            }
            match self.erase_row(person, &row.tenant, reason).await? {
                Gone::Deleted => erased.rows += 1,
                Gone::Stripped => erased.stripped += 1,
                Gone::Before => {}
            }
        }
        if let Some(remembered) = remembered {
            self.erase_remembered(remembered).await?;
            erased.enrolment = true;
        }
        erased.codes = self.session.erase_codes(person).await?;
        Ok(erased)
    }

    async fn erase_row(
        &self,
        person: &Person,
        tenant: &TenantId,
        reason: Option<&str>,
    ) -> Result<Gone, OperationError> {
        // What was tried: if the table holds just that afterwards, the answer was lost, and not the write.
        let mut tried = None;
        for _ in 0..ROUNDS {
            let Some(row) = self.session.get::<Membership>(&Key::membership(person, tenant)).await? else {
                return Ok(if tried.is_some() { Gone::Deleted } else { Gone::Before });
            };
            let after = match row.status {
                MembershipStatus::Active | MembershipStatus::Requested => None,
                MembershipStatus::Suspended => {
                    Some(Membership { status: MembershipStatus::Removed, address: None, ..row.clone() })
                }
                MembershipStatus::Removed | MembershipStatus::Denied | MembershipStatus::Superseded => {
                    Some(Membership { address: None, ..row.clone() })
                }
            };
            if after.as_ref() == Some(&row) {
                return Ok(if tried == Some(Gone::Stripped) { Gone::Stripped } else { Gone::Before });
            }
            let gone = if after.is_some() { Gone::Stripped } else { Gone::Deleted };
            tried = Some(gone);
            let now = self.now();
            let mut transaction = self.transaction();
            match &after {
                Some(after) => transaction.write(Part::Row, after)?,
                None => transaction.delete_entity(Part::Row, &row)?,
            };
            if let Some(address) = &row.address {
                let keyed = self.mailbox(tenant, address).await?;
                let mut left = keyed.clone();
                left.mailbox.holder.take_if(|holder| holder.person == *person);
                // The suspension is a removal from now on, for nobody is left to be resumed.
                let suspended = keyed.mailbox.bar.is_some_and(|bar| bar.reason == BarReason::Suspended);
                if suspended && row.status == MembershipStatus::Suspended {
                    apply_bar(&mut left.mailbox, BarChange::Set(BarReason::Removed), now);
                }
                if left != keyed {
                    transaction.write(Part::Mailbox, &left)?;
                }
            }
            let mut seats = seat_change(Some(&row), after.as_ref());
            // Nobody needs a closed tenant's last owner.
            let closed = self.read_tenant(tenant).await.is_ok_and(|tenant| tenant.status == TenantStatus::Closed);
            seats.keep_an_owner &= !closed;
            transaction.seats(Part::Seats, tenant, seats)?;
            self.record(&mut transaction, tenant, now, Deed::new("person.erase", row.member.as_ref()).because(reason))?;
            let lost = self.commit(&transaction).await?;
            if lost.is_empty() {
                return Ok(gone);
            }
            if lost == [Part::Seats] {
                match self.why_seats(tenant, seats).await? {
                    OperationError::Contended => {}
                    error => return Err(error),
                }
            }
        }
        Err(OperationError::Contended)
    }

    /// It may change meanwhile, and the answer to its erasing may be lost: it is erased when it is gone.
    async fn erase_remembered(&self, mut remembered: Remembered) -> Result<(), OperationError> {
        for _ in 0..ROUNDS {
            let mut transaction = self.transaction();
            transaction.delete_entity(Part::Remembered, &remembered)?;
            if self.commit(&transaction).await?.is_empty() {
                return Ok(());
            }
            let Some(again) = self.session.get(&remembered.key()).await? else { return Ok(()) };
            remembered = again;
        }
        Err(OperationError::Contended)
    }

    /// With what the mailbox of another address than the row's own keeps of it.
    async fn erase_invitation(
        &self,
        invitation: &Invitation,
        person: &Person,
        own: Option<&Email>,
    ) -> Result<(), OperationError> {
        for _ in 0..ROUNDS {
            let key = Key::invitation(&invitation.terms.digest);
            let Some(found) = self.session.get::<Invitation>(&key).await? else { return Ok(()) };
            let mut transaction = self.transaction();
            transaction.delete_entity(Part::Invitation, &found)?;
            let keyed = self.mailbox(&found.tenant, &found.address).await?;
            let mut left = keyed.clone();
            left.mailbox.invitation.take_if(|terms| terms.digest == found.terms.digest);
            if own != Some(&found.address) {
                left.mailbox.holder.take_if(|holder| holder.person == *person);
            }
            if left != keyed {
                transaction.write(Part::Mailbox, &left)?;
            }
            if self.commit(&transaction).await?.is_empty() {
                return Ok(());
            }
        }
        Err(OperationError::Contended)
    }

    /// Invitations to the person's address, that they used, or that they made.
    async fn invitations_of(
        &self,
        tenant: &TenantId,
        person: &Person,
        address: Option<&Email>,
    ) -> Result<Vec<Invitation>, OperationError> {
        let mut all: Vec<Invitation> = self.session.list_all(tenant.as_ref(), "INVITATION#").await?;
        all.retain(|one| {
            Some(&one.address) == address
                || matches!(&one.state, InvitationState::Accepted { by, .. } if by == person)
                || matches!(&one.terms.inviter, Inviter::Member(inviter) if inviter == person)
        });
        Ok(all)
    }

    async fn records_of(&self, row: &Membership) -> Result<Vec<RecordShape>, OperationError> {
        let actor = domain::Actor::Member(row.person.clone()).to_string();
        let mut records = Vec::new();
        let mut from = None;
        loop {
            let page = self.session.audit::<Audit>(&row.tenant, from).await?;
            let theirs =
                page.entities.into_iter().filter(|audit| audit.actor == actor || audit.target == row.member.as_ref());
            records.extend(theirs.map(|audit| RecordShape {
                tenant_id: audit.tenant.to_string(),
                at: audit.at.to_string(),
                actor: audit.actor,
                action: audit.action,
                target: audit.target,
                reason: audit.reason,
            }));
            from = page.next;
            if from.is_none() {
                return Ok(records);
            }
        }
    }

    async fn remembered(
        &self,
        person: &Person,
        user_name: Option<&UserName>,
    ) -> Result<Option<Remembered>, OperationError> {
        // In a pool whose user names are addresses, the user name is the sub.
        let name = user_name.cloned().map_or_else(|| person.sub.as_ref().parse(), Ok)?;
        Ok(self.session.get(&Key::enrolment(&person.pool, &name)).await?)
    }
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Deleted,
    Stripped,
    Before,
}

fn mailbox_shape(keyed: &KeyedMailbox) -> MailboxShape {
    let mailbox = &keyed.mailbox;
    MailboxShape {
        tenant_id: keyed.tenant.to_string(),
        mailbox: keyed.mailbox_key.clone(),
        barred: mailbox.bar.map(|bar| bar_reason(bar.reason)),
        barred_since: mailbox.bar.map(|bar| bar.since.to_string()),
        holder_sub: mailbox.holder.as_ref().map(|holder| holder.person.sub.to_string()),
    }
}
