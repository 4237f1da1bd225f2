//! A person at a shared client: the tenant that this call asks for, else the only one, else none.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::{
    Binding, Catalogue, Client, ClientKind, Membership, MembershipStatus, Person, Refusal, Tenant, TenantId,
    TenantStatus,
};
use jiff::Timestamp;
use store::enrolment::Reminder;
use store::waiting::{Awaited, Waiting};
use store::{Batch, Broken, Found, Session, clients};

use crate::member::Arrival;
use crate::{Hint, PreTokenGeneration, Verdict, Visitor, Voice};

/// Somebody with more rows than this gets a token without tenant unless the call names one.
const MOST: i32 = 25;

/// In which tenants people were active when they were last read, so that the next token needs one round trip.
///
/// INVARIANT: a guess only chooses keys. Which memberships there are is read anew at every event.
#[derive(Debug, Default)]
pub(crate) struct Members(Mutex<HashMap<Person, Vec<TenantId>>>);

impl Members {
    fn of(&self, person: &Person) -> Vec<TenantId> {
        self.0.lock().ok().and_then(|guesses| guesses.get(person).cloned()).unwrap_or_default()
    }

    fn learn(&self, person: &Person, tenants: &[TenantId]) {
        if let Ok(mut guesses) = self.0.lock() {
            // Whoever was here long ago costs one more round trip.
            if guesses.len() >= 1_000 {
                guesses.clear();
            }
            guesses.insert(person.clone(), tenants.to_vec());
        }
    }
}

/// What a shared client's decision ends in.
pub(crate) enum Shared {
    /// The client is not bound.
    NotBound,
    /// The client is not shared after all: ask again as what it is.
    Other,
    /// The verdict.
    Decided(Box<(Binding, Catalogue, Verdict)>),
}

impl PreTokenGeneration {
    /// At a client that was shared when it was last read, or is now.
    pub(crate) async fn shared(
        &self,
        visitor: &Visitor,
        client: &Client,
        session: &Session,
        now: Timestamp,
    ) -> Result<Shared, Broken> {
        let hinted = match &visitor.hint {
            Hint::Tenant(tenant) => Some(tenant.clone()),
            Hint::Nothing | Hint::Malformed => None,
        };
        let guessed = hinted.clone().map_or_else(|| self.members.of(&visitor.person), |tenant| vec![tenant]);
        let mut batch = Batch::default();
        clients::ask_binding(client, &mut batch);
        clients::ask_catalogue(&mut batch);
        for tenant in &guessed {
            visitor.at(tenant, now).ask(&mut batch);
        }
        // Of somebody about whom nothing is guessed, also who may be waiting for them: otherwise a late enrolment takes too long.
        let waiting = Waiting::of(&visitor.person, &visitor.user_name, &visitor.account);
        let asked_waiting = guessed.is_empty();
        if asked_waiting {
            waiting.ask(&mut batch);
        }
        // Side by side: one serial round trip.
        let (found, rows) = if hinted.is_some() {
            (session.batch(batch).await?, None)
        } else {
            let (found, rows) = tokio::try_join!(session.batch(batch), session.memberships(&visitor.person, MOST))?;
            (found, Some(rows))
        };
        let Some(binding) = clients::take_binding(client, &found)? else { return Ok(Shared::NotBound) };
        self.guesses.learn(client, &binding.kind);
        let catalogue = clients::take_catalogue(&found)?;
        let verdict = match (&binding.kind, &visitor.hint, rows) {
            (ClientKind::Shared, Hint::Malformed, _) => Verdict::refuse(Refusal::InvitationRequired, None),
            (ClientKind::Shared, Hint::Tenant(tenant), _) => {
                let visit = visitor.at(tenant, now);
                let facts = visit.take(&found)?;
                match facts.tenant.as_ref().map(left_out) {
                    _ if facts.membership.is_none() && !is_open(&facts) => {
                        Verdict::refuse(Refusal::InvitationRequired, None)
                    }
                    Some(Some(refusal)) if facts.membership.is_some() => Verdict::refuse(refusal, tenant.clone()),
                    None | Some(Some(_)) => Verdict::refuse(Refusal::InvitationRequired, None),
                    Some(None) => {
                        self.member(visitor, &visit, facts, at_shared(Reminder::Unread, binding.mode), session).await?
                    }
                }
            }
            (ClientKind::Shared, Hint::Nothing, Some(rows)) if rows.entities.is_empty() => {
                let waiting = if asked_waiting { waiting.take(&found)? } else { waiting.read(session).await? };
                self.newcomer(visitor, waiting, session, now, binding.mode).await?
            }
            (ClientKind::Shared, Hint::Nothing, Some(rows)) => {
                let more = rows.next.is_some();
                self.only(visitor, &rows.entities, more, session, now, (&found, &guessed)).await?
            }
            _ => return Ok(Shared::Other),
        };
        Ok(Shared::Decided(Box::new((binding, catalogue, verdict))))
    }

    /// The only tenant that the person stands in and that a shared client may speak of.
    async fn only(
        &self,
        visitor: &Visitor,
        rows: &[Membership],
        more: bool,
        session: &Session,
        now: Timestamp,
        (found, guessed): (&Found, &[TenantId]),
    ) -> Result<Verdict, Broken> {
        let active: Vec<TenantId> =
            rows.iter().filter(|row| row.status == MembershipStatus::Active).map(|row| row.tenant.clone()).collect();
        // Of somebody who stands in more tenants than were read nothing is concluded, so nothing of them is read ahead.
        self.members.learn(&visitor.person, if more { &[] } else { &active });
        let nobody = Verdict { voice: Ok(Voice::Nobody), decision: "no tenant", tenant: None, would: None };
        if more || active.is_empty() {
            return Ok(nobody);
        }
        let fresh;
        let found = if active.iter().all(|tenant| guessed.contains(tenant)) {
            found
        } else {
            let mut batch = Batch::default();
            for tenant in &active {
                visitor.at(tenant, now).ask(&mut batch);
            }
            fresh = session.batch(batch).await?;
            &fresh
        };
        let mut standing = Vec::new();
        for tenant in &active {
            let visit = visitor.at(tenant, now);
            let mut facts = visit.take(found)?;
            visit.look_back(session, &mut facts).await?;
            if facts.tenant.as_ref().is_some_and(|tenant| left_out(tenant).is_none())
                && let Ok(Some(voice)) = visitor.standing(&facts, false, now)
            {
                standing.push((tenant.clone(), voice));
            }
        }
        Ok(match standing.pop() {
            Some((tenant, voice)) if standing.is_empty() => {
                Verdict { voice: Ok(voice), decision: "member", tenant: Some(tenant), would: None }
            }
            _ => nobody,
        })
    }

    /// Somebody without any row: perhaps a tenant waits for them. If not, the token has no tenant.
    async fn newcomer(
        &self,
        visitor: &Visitor,
        Awaited { remembered, tenant }: Awaited,
        session: &Session,
        now: Timestamp,
        mode: domain::Mode,
    ) -> Result<Verdict, Broken> {
        let nobody = Verdict { voice: Ok(Voice::Nobody), decision: "no tenant", tenant: None, would: None };
        let Some(tenant) = tenant else { return Ok(nobody) };
        let visit = visitor.at(&tenant, now);
        let facts = visit.facts(session).await?;
        if facts.tenant.as_ref().is_none_or(|tenant| left_out(tenant).is_some()) {
            return Ok(nobody);
        }
        let invited = remembered.is_some();
        let verdict = self.member(visitor, &visit, facts, at_shared(Reminder::Read(remembered), mode), session).await?;
        Ok(match verdict.voice {
            // Whom an invitation admitted is told what became of it. For anybody else, what was refused there is no reason to refuse
            // a token without tenant.
            Err(refusal) if !invited => {
                Verdict { voice: Ok(Voice::Nobody), would: Some(refusal), decision: "no tenant", ..verdict }
            }
            _ => verdict,
        })
    }
}

/// Whether the tenant is there and lets people in: if not, that is not for strangers to learn.
fn is_open(facts: &store::enrolment::Facts) -> bool {
    facts.tenant.as_ref().is_some_and(|tenant| tenant.status == TenantStatus::Active)
}

/// No code is ever asked for at a shared client.
const fn at_shared(reminder: Reminder, mode: domain::Mode) -> Arrival {
    Arrival { reminder, mode, code_passed: false }
}

/// Shared clients never speak of a tenant whose sign-in they cannot enforce.
fn left_out(tenant: &Tenant) -> Option<Refusal> {
    if tenant.policy.sso_required {
        Some(Refusal::SsoRequired)
    } else if tenant.policy.chain.is_more_than_password() {
        Some(Refusal::SignInAgain)
    } else {
        None
    }
}
