//! Who comes in: enrolment, tokens, sign-ups and sessions.

use domain::challenge::{self, Asks, Step, StepName};
use domain::enrol::{self, Enrolment};
use domain::sign_up::{self, Decision, Presented, Start};
use domain::{ClientKind, Invitation as RealInvitation, InvitationState as RealState, Origin as RealOrigin, access};

use super::known::Real;
use super::{Check, Dice, Facts, ME, NOW, PARSED, WAYS, time};
use crate::model::cast::TENANTS;
use crate::model::codes::{self, Next};
use crate::model::nouns::{Chain, Identities, Kind, Name, Origin, Row};
use crate::model::rules::Came;
use crate::nouns;

impl Facts {
    fn enrol(&self, real: &Real, tenant: &domain::Tenant) -> Enrolment {
        let reminder = self
            .model
            .presented
            .get(ME)
            .filter(|(of, mailbox)| *of == "acme" && Some(*mailbox) == self.account.mailbox());
        enrol::enrol(&enrol::Facts {
            now: time(NOW),
            tenant,
            account: &real.account,
            domain: real.domain.as_ref(),
            provider: real.provider.as_ref(),
            mailbox: &real.mailbox,
            membership: real.membership.as_ref(),
            remembered: reminder.map(|_| &PARSED.digest),
            predecessor: real.predecessor.as_ref(),
            inviter_may: real.inviter_may,
        })
    }

    /// Enrolment: the outcome, and the row that it makes.
    pub(super) fn check_enrolment(&self, real: &Real, tenant: &domain::Tenant) -> Result<Enrolment, String> {
        let said = self.enrol(real, tenant);
        let mut after = self.model.clone();
        let model = after.enrol("acme", &self.account, true);
        let row = after.rows.get(&(ME, "acme"));
        let same = match (&said, model) {
            (Enrolment::Refuse(refusal), Err(code)) => refusal.code() == code,
            (Enrolment::Member, Ok(Came::Joined)) => self.model.rows.contains_key(&(ME, "acme")),
            (Enrolment::Join(joining), Ok(Came::Joined)) | (Enrolment::Request(joining), Ok(Came::Requested)) => {
                let taken = joining.takes_over.is_some() == (row.map(|row| row.member) == Some(1));
                row.is_some_and(|row| taken && is_row(joining, row))
            }
            _ => false,
        };
        if same { Ok(said) } else { Err(self.differ("enrol", &said, &(model, row))) }
    }

    /// A token at a client that is bound to the tenant: who stands, who is refused, who is enrolled.
    pub(super) fn check_access(&self, real: &Real, tenant: &domain::Tenant, enrolment: &Enrolment) -> Check {
        let answered = self.model.answered.contains(&(ME, "acme"));
        let said = access::decide(&access::Facts {
            now: time(NOW),
            way: WAYS[self.way].1,
            tenant,
            account: &real.account,
            domain: real.domain.as_ref(),
            provider: real.provider.as_ref(),
            mailbox: &real.mailbox,
            former_bar: real.former_bar,
            membership: real.membership.as_ref(),
            code_passed: answered,
        });
        let closed = self.model.tenants["acme"].chain != Chain::Password && !answered;
        let outcome = match (said, enrolment) {
            (access::Access::Granted(_), _) => None,
            (access::Access::Refused(refusal), _) => Some(refusal.code()),
            (access::Access::Enrol, Enrolment::Refuse(refusal)) => Some(refusal.code()),
            (access::Access::Enrol, _) if closed => Some("SIGN_IN_AGAIN"),
            (access::Access::Enrol, Enrolment::Request(_)) => Some("APPROVAL_PENDING"),
            (access::Access::Enrol, _) => None,
        };
        let model = self.model.clone().member("acme", &self.account, WAYS[self.way].0, "acme", true);
        let same = match (outcome, &model) {
            (None, Ok(_)) => true,
            (Some(said), Err(code)) => said == *code,
            _ => false,
        };
        if same { Ok(()) } else { Err(self.differ("access", &(said, enrolment), &model)) }
    }

    fn client_kind(&self) -> ClientKind {
        match self.model.clients[self.client].kind {
            Kind::Tenant(tenant) => ClientKind::Tenant(PARSED.tenants[tenant].clone()),
            Kind::Shared => ClientKind::Shared,
            Kind::Machine(tenant, role) => {
                ClientKind::Machine { tenant: PARSED.tenants[tenant].clone(), roles: nouns::roles(&[role]) }
            }
            Kind::Unbound => ClientKind::Unbound,
        }
    }

    /// Pre sign-up, of somebody who chose a password, and of somebody whom a provider sends.
    pub(super) fn check_sign_up(&self, by: Option<Name>) -> Check {
        let kind = self.client_kind();
        let mut account = self.account;
        let (start, provider) = match by {
            Some(name) => {
                account.external = true;
                account.identities =
                    if self.model.providers.contains_key(name) { Identities::One(name) } else { Identities::None };
                (Start::Provider, self.real_provider(name))
            }
            None => {
                (account.external, account.identities) = (false, Identities::None);
                (Start::SignUp, None)
            }
        };
        let facts = Facts { model: self.model.clone(), account, token: self.token, client: self.client, way: 0 };
        let known = self.token.flatten().map(|at| {
            let one = &self.model.invitations[at];
            RealInvitation {
                tenant: PARSED.tenants[one.tenant].clone(),
                address: PARSED.emails[one.address].clone(),
                terms: Self::real_terms(one),
                state: RealState::Open,
                revision: 1,
            }
        });
        let presented = match (&self.token, &known) {
            _ if by.is_some() => Presented::Nothing,
            (None, _) => Presented::Nothing,
            (Some(_), Some(known)) => Presented::Known(known),
            (Some(_), None) => Presented::Unknown,
        };
        let domain = facts.own_domain();
        let target = sign_up::target(&kind, presented, provider.as_ref(), domain.as_ref());
        let name = target.as_ref().and_then(|id| TENANTS.into_iter().find(|name| PARSED.tenants[name] == *id));
        let tenant = name.map(|name| self.real_tenant(name));
        let mailbox = name.map(|name| facts.real_mailbox(name)).unwrap_or_default();
        let real_account = facts.real_account();
        let said = sign_up::decide(&sign_up::Facts {
            now: time(NOW),
            start,
            client: &kind,
            tenant: tenant.as_ref(),
            account: &real_account,
            presented,
            domain: domain.as_ref(),
            provider: provider.as_ref(),
            mailbox: &mailbox,
        });
        let mut after = self.model.clone();
        let model = match by {
            Some(name) => after.sign_up_by(self.client, &account, name),
            None => after.sign_up(self.client, &account, self.token),
        };
        let same = match (&said, model) {
            (Decision::Admit(_), Ok(())) => true,
            (Decision::Refuse(refusal), Err(code)) => refusal.code() == code,
            _ => false,
        };
        if same { Ok(()) } else { Err(facts.differ("sign-up", &said, &model)) }
    }

    /// What comes next in a session.
    pub(super) fn check_session(&self, dice: &mut Dice, real: &Real, tenant: &domain::Tenant) -> Result<u64, String> {
        const STEPS: [(Name, StepName); 10] = [
            ("SRP_A", StepName::SrpA),
            ("PASSWORD_VERIFIER", StepName::PasswordVerifier),
            ("CUSTOM_CHALLENGE", StepName::Custom),
            ("NEW_PASSWORD_REQUIRED", StepName::NewPasswordRequired),
            ("SMS_MFA", StepName::SmsMfa),
            ("SOFTWARE_TOKEN_MFA", StepName::SoftwareTokenMfa),
            ("EMAIL_OTP", StepName::EmailOtp),
            ("DEVICE_SRP_AUTH", StepName::DeviceSrpAuth),
            ("DEVICE_PASSWORD_VERIFIER", StepName::DevicePasswordVerifier),
            ("ADMIN_NO_SRP_AUTH", StepName::Other),
        ];
        let kind = self.client_kind();
        let at_acme = matches!(self.model.clients[self.client].kind, Kind::Tenant(_) | Kind::Machine(..));
        let said = challenge::asks(Some(&kind), at_acme.then_some(tenant), real.membership.as_ref());
        let model = self.model.define(self.client, ME, &[]);
        let asks = match (said, model) {
            (Ok(asks), Ok(_)) => asks,
            (Err(refusal), Err(code)) if refusal.code() == code => return Ok(1),
            _ => return Err(self.differ("asks", &said, &model)),
        };
        let mut session = Vec::new();
        let begins = [&STEPS[0..0], &STEPS[0..1], &STEPS[0..2]][dice.below(3)];
        session.extend(begins.iter().map(|step| (*step, Some(true))));
        for _ in 0..dice.below(5) {
            let step = if dice.one_in(2) { STEPS[2] } else { *dice.pick(&STEPS) };
            session.push((step, [Some(true), Some(false), Some(false), None][dice.below(4)]));
        }
        let exists = !dice.one_in(4);
        let steps: Vec<Step> =
            session.iter().map(|((_, name), result)| Step { name: *name, result: *result }).collect();
        let plain: Vec<(Name, Option<bool>)> = session.iter().map(|((name, _), result)| (*name, *result)).collect();
        let said = match challenge::define(asks, &steps, exists) {
            challenge::Next::Password => Next::Ask("PASSWORD_VERIFIER"),
            challenge::Next::Code => Next::Ask("CUSTOM_CHALLENGE"),
            challenge::Next::Tokens => Next::Tokens,
            challenge::Next::Failed => Next::Fail,
        };
        let (chain, asks_code) = match asks {
            Asks::Password => (Chain::Password, false),
            Asks::PasswordAndCode => (Chain::PasswordAndCode, true),
            Asks::Code => (Chain::Code, true),
        };
        let model = codes::next(chain, asks_code, &plain, exists);
        if said == model { Ok(2) } else { Err(self.differ("define", &(said, plain), &model)) }
    }

    fn differ(&self, what: &str, said: &impl std::fmt::Debug, model: &impl std::fmt::Debug) -> String {
        let Self { model: known, account, token, client, way } = self;
        format!(
            "{what}: Tenantry says {said:?}, the model {model:?}\nof {account:?}\ntoken {token:?} at {client} way {way}\nin {known:?}"
        )
    }
}

fn is_row(joining: &enrol::Joining, row: &Row) -> bool {
    let origin = match (&joining.origin, row.origin) {
        (RealOrigin::Domain { domain, generation }, Origin::Domain(name, number)) => {
            domain.as_ref() == name && *generation == number
        }
        (RealOrigin::Provider(provider), Origin::Provider(name)) => provider.as_ref() == name,
        (RealOrigin::Invitation(_), Origin::Invitation) | (RealOrigin::Open, Origin::Open) => true,
        _ => false,
    };
    origin && joining.roles.to_string() == row.role && Some(joining.proof.address().as_ref()) == row.address
}
