//! A person at one tenant: do they stand in it right now, and if nobody asked yet, do they join?

use domain::access::{self, Access};
use domain::enrol::Enrolment;
use domain::{MemberId, Mode, Refusal, TenantId};
use jiff::Timestamp;
use store::enrolment::{Enrolled, Facts, Reminder, Visit, enrol, foresee};
use store::{Batch, Broken, Session, challenge};

use crate::{First, PreTokenGeneration, Verdict, Visitor, Voice};

impl Visitor {
    /// The visit to this tenant.
    pub(crate) const fn at<'a>(&'a self, tenant: &'a TenantId, now: Timestamp) -> Visit<'a> {
        Visit { now, person: &self.person, user_name: &self.user_name, account: &self.account, tenant }
    }

    /// Whether the person stands in the tenant, and as whom the token then speaks. `Ok(None)`: nothing decides yet.
    pub(crate) fn standing(&self, facts: &Facts, code_passed: bool, now: Timestamp) -> Result<Option<Voice>, Refusal> {
        let Some(tenant) = &facts.tenant else { return Err(Refusal::ClientNotBound) };
        let access = access::decide(&access::Facts {
            now,
            way: self.way,
            tenant,
            account: &self.account,
            domain: facts.domain.as_ref(),
            provider: facts.provider.as_ref(),
            mailbox: &facts.mailbox,
            former_bar: facts.former_bar,
            membership: facts.membership.as_ref(),
            code_passed,
        });
        match access {
            Access::Granted(membership) => Ok(Some(Voice::Member(Box::new((tenant.clone(), membership.clone()))))),
            Access::Enrol => Ok(None),
            Access::Refused(refusal) => Err(refusal),
        }
    }
}

/// What else is known of somebody at a tenant's door.
pub(crate) struct Arrival {
    /// What pre sign-up remembered, if that was read.
    pub(crate) reminder: Reminder,
    /// Whether what is decided counts.
    pub(crate) mode: Mode,
    /// They have answered a code at this client.
    pub(crate) code_passed: bool,
}

impl PreTokenGeneration {
    /// At a client that is bound to one tenant.
    pub(crate) async fn tenant(
        &self,
        visitor: &Visitor,
        tenant: &TenantId,
        first: &First,
        session: &Session,
        now: Timestamp,
    ) -> Result<Verdict, Broken> {
        let visit = visitor.at(tenant, now);
        let client = &first.binding.client.id;
        let fresh;
        let found = if first.guessed.as_ref() == Some(tenant) {
            &first.found
        } else {
            let mut batch = Batch::default();
            visit.ask(&mut batch);
            challenge::ask_passed(&visitor.person, client, &mut batch);
            fresh = session.batch(batch).await?;
            &fresh
        };
        let arrival = Arrival {
            reminder: Reminder::Unread,
            mode: first.binding.mode,
            code_passed: challenge::take_passed(&visitor.person, client, found)?,
        };
        self.member(visitor, &visit, visit.take(found)?, arrival, session).await
    }

    /// The verdict over a person whose tenant is known. Whoever is enrolled late is read again before the token speaks of them.
    pub(crate) async fn member(
        &self,
        visitor: &Visitor,
        visit: &Visit<'_>,
        mut facts: Facts,
        arrival: Arrival,
        session: &Session,
    ) -> Result<Verdict, Broken> {
        let Arrival { reminder, mode, code_passed } = arrival;
        let tenant = visit.tenant.clone();
        visit.look_back(session, &mut facts).await?;
        match visitor.standing(&facts, code_passed, visit.now) {
            Ok(Some(voice)) => {
                return Ok(Verdict { voice: Ok(voice), decision: "member", tenant: Some(tenant), would: None });
            }
            Err(refusal) => return Ok(Verdict::refuse(refusal, tenant)),
            Ok(None) => {}
        }
        // Of whom nobody knows roles a code is asked, and whoever has not answered one does not get in by enrolment either.
        let closed =
            facts.tenant.as_ref().is_some_and(|tenant| tenant.policy.chain.is_more_than_password()) && !code_passed;
        if mode == Mode::Observe || closed {
            let voice = match foresee(session, visit, &facts, reminder).await? {
                Enrolment::Refuse(refusal) => Err(refusal),
                _ if closed => Err(Refusal::SignInAgain),
                Enrolment::Request(_) => Err(Refusal::ApprovalPending),
                Enrolment::Join(_) | Enrolment::Member => Ok(Voice::Newcomer),
            };
            let decision = if mode == Mode::Observe { "observed" } else { "refused" };
            return Ok(Verdict { voice, decision, tenant: Some(tenant), would: None });
        }
        let fresh = MemberId::from_random((self.random)().ok_or(Broken::NoRandomness)?);
        match enrol(session, visit, facts, reminder, fresh).await? {
            Enrolled::Refused(refusal) => return Ok(Verdict::refuse(refusal, tenant)),
            Enrolled::Requested => return Ok(Verdict::refuse(Refusal::ApprovalPending, tenant)),
            Enrolled::Joined | Enrolled::Member => {}
        }
        let facts = visit.facts(session).await?;
        match visitor.standing(&facts, code_passed, visit.now) {
            Ok(Some(voice)) => {
                Ok(Verdict { voice: Ok(voice), decision: "enrolled late", tenant: Some(tenant), would: None })
            }
            Err(refusal) => Ok(Verdict::refuse(refusal, tenant)),
            // Removed in the same moment.
            Ok(None) => Ok(Verdict::refuse(Refusal::MembershipEnded, tenant)),
        }
    }
}
