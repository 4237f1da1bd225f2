//! The rules of a sign-in by challenge once more, from the documents.

#![allow(missing_docs, reason = "the words are those of the documents")]

use std::collections::BTreeMap;

use super::nouns::{Account, Chain, Code, Identities, Kind, Model, Name, Status, Time};

const MINUTE: Time = 60;
const HOUR: Time = 60 * MINUTE;
const DAY: Time = 24 * HOUR;

/// What comes next in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Ask(Name),
    Tokens,
    Fail,
}

/// A code that was sent to a person at a client.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub at: Time,
    pub expires: Time,
    pub answers: u64,
    pub used: bool,
    pub proven: bool,
    /// Where it went: to nobody, if no code can go to the account.
    pub to: Option<Name>,
}

/// So many since then.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub since: Time,
    pub times: u64,
}

impl Count {
    fn now(count: Option<&Self>, span: Time, now: Time) -> Self {
        count.copied().filter(|count| now < count.since + span).unwrap_or(Self { since: now, times: 0 })
    }

    const fn more(self) -> Self {
        Self { since: self.since, times: self.times + 1 }
    }
}

/// What is kept of codes.
#[derive(Debug, Clone, Default)]
pub struct Codes {
    /// By person and client.
    pub sent: BTreeMap<(Name, Name), Sent>,
    /// Codes within an hour, by person and client.
    pub here: BTreeMap<(Name, Name), Count>,
    /// Codes within an hour, by person and whether the password was proven.
    pub hour: BTreeMap<(Name, bool), Count>,
    /// Codes within a day, the same.
    pub day: BTreeMap<(Name, bool), Count>,
    /// Wrong codes within a day, by person and client.
    pub wrong: BTreeMap<(Name, Name), Count>,
}

/// Entries that Cognito adds to a session; they stand for no step.
pub const ADDED: [Name; 6] = [
    "NEW_PASSWORD_REQUIRED",
    "SMS_MFA",
    "SOFTWARE_TOKEN_MFA",
    "EMAIL_OTP",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
];

/// What comes next after this session, on this chain.
pub fn next(chain: Chain, asks_code: bool, session: &[(Name, Option<bool>)], exists: bool) -> Next {
    let steps: &[Name] = match chain {
        Chain::Code => &["CUSTOM_CHALLENGE"],
        _ if asks_code => &["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"],
        _ => &["SRP_A", "PASSWORD_VERIFIER"],
    };
    // Cognito puts them between the steps, never before the first.
    if session.first().is_some_and(|(name, _)| ADDED.contains(name)) {
        return Next::Fail;
    }
    let (mut passed, mut wrong) = (0, 0);
    for (name, result) in session {
        let is_next = steps.get(passed) == Some(name);
        match result {
            Some(true) if ADDED.contains(name) => {}
            Some(true) if is_next => passed += 1,
            // What nobody decided is not right.
            Some(false) | None if is_next && *name == "CUSTOM_CHALLENGE" && wrong < 2 => wrong += 1,
            _ => return Next::Fail,
        }
    }
    match steps.get(passed) {
        // Cognito itself begins with SRP_A, when it is asked to; nobody can be asked for it.
        Some(&"SRP_A") => Next::Fail,
        Some(step) => Next::Ask(step),
        None if exists => Next::Tokens,
        None => Next::Fail,
    }
}

impl Model {
    /// Whether challenges run at this client; the tenant, if it is one's.
    fn challenged(&self, client: Name) -> Result<Option<Name>, Code> {
        let tenant = match self.binding(client)?.kind {
            Kind::Unbound | Kind::Machine(..) => return Err("CLIENT_NOT_BOUND"),
            Kind::Shared => return Ok(None),
            Kind::Tenant(tenant) => tenant,
        };
        self.open(tenant)?;
        if self.tenants[tenant].sso { Err("SSO_REQUIRED") } else { Ok(Some(tenant)) }
    }

    /// The chain of a client, and whether it asks this person for a code.
    fn chain(&self, client: Name, person: Name) -> Result<(Chain, bool), Code> {
        let Some(tenant) = self.challenged(client)? else { return Ok((Chain::Password, false)) };
        let role = self.rows.get(&(person, tenant)).filter(|row| row.status == Status::Active).map(|row| row.role);
        Ok((self.tenants[tenant].chain, self.asks_code(tenant, role)))
    }

    /// Define auth challenge.
    pub fn define(&self, client: Name, person: Name, session: &[(Name, Option<bool>)]) -> Result<Next, Code> {
        let (chain, asks) = self.chain(client, person)?;
        Ok(next(chain, asks, session, true))
    }

    /// Create auth challenge: whether a new code was sent.
    pub fn create(&mut self, client: Name, account: &Account, session: &[(Name, Option<bool>)]) -> Result<bool, Code> {
        let (chain, _) = self.chain(client, account.person)?;
        let proven = session.contains(&("PASSWORD_VERIFIER", Some(true)));
        if chain == Chain::Password || (chain != Chain::Code && !proven) {
            return Err("SIGN_IN_AGAIN");
        }
        if proven && account.identities != Identities::None {
            return Err("LINKED_ACCOUNT");
        }
        if proven && account.mailbox().is_none() {
            return Err("EMAIL_NOT_ACCEPTED");
        }
        if proven && !account.verified {
            return Err("EMAIL_NOT_VERIFIED");
        }
        let now = self.now;
        let place = (account.person, client);
        // What was sent without a password does not count behind one.
        let before = self.codes.sent.get(&place).copied().filter(|sent| sent.proven == proven);
        if before.is_none() {
            self.codes.here.remove(&place);
            self.codes.wrong.remove(&place);
        }
        if !proven && Count::now(self.codes.wrong.get(&place), DAY, now).times >= 20 {
            return Err("SIGN_IN_LOCKED");
        }
        let lives = before.filter(|sent| now < sent.expires && !sent.used);
        if lives.is_some_and(|sent| sent.answers >= 5) {
            return Err("TOO_MANY_CODES");
        }
        let in_session = session.iter().any(|(name, _)| *name == "CUSTOM_CHALLENGE");
        if lives.is_some_and(|sent| in_session || now - sent.at < MINUTE) {
            return Ok(false);
        }
        let here = Count::now(self.codes.here.get(&place), HOUR, now);
        let hour = Count::now(self.codes.hour.get(&(account.person, proven)), HOUR, now);
        let day = Count::now(self.codes.day.get(&(account.person, proven)), DAY, now);
        if (day.times >= 30 || hour.times >= 10) && here.times >= 3 {
            // One that still lives will do.
            return if lives.is_some() { Ok(false) } else { Err("TOO_MANY_CODES") };
        }
        self.codes.here.insert(place, here.more());
        self.codes.hour.insert((account.person, proven), hour.more());
        self.codes.day.insert((account.person, proven), day.more());
        let to = account.mailbox().filter(|_| account.verified && account.identities == Identities::None);
        let answers = lives.map_or(0, |sent| sent.answers);
        self.codes.sent.insert(place, Sent { at: now, expires: now + 5 * MINUTE, answers, used: false, proven, to });
        Ok(true)
    }

    /// Verify auth challenge, of the code that was shown last: whether it is right.
    pub fn verify(&mut self, client: Name, account: &Account, right: bool) -> bool {
        let now = self.now;
        let place = (account.person, client);
        let here = account.mailbox().filter(|_| account.verified && account.identities == Identities::None);
        let code_alone = self.codes.sent.get(&place).is_some_and(|sent| !sent.proven);
        let wrong = Count::now(self.codes.wrong.get(&place), DAY, now);
        let Some(sent) = self.codes.sent.get_mut(&place) else { return false };
        if now >= sent.expires || sent.used || sent.answers >= 5 || (code_alone && wrong.times >= 20) {
            return false;
        }
        sent.answers += 1;
        // A code is for the mailbox that it went to, and what went to nobody is nobody's.
        let right = right && sent.to.is_some() && sent.to == here;
        if right {
            sent.used = true;
            self.answered.insert(place);
            self.codes.wrong.remove(&place);
        } else {
            self.codes.wrong.insert(place, wrong.more());
        }
        right
    }

    /// An operator lifts what wrong codes and too many codes did.
    pub fn unlock(&mut self, person: Name, clients: &[Name]) {
        for client in clients {
            self.codes.wrong.remove(&(person, client));
            self.codes.here.remove(&(person, client));
            if let Some(sent) = self.codes.sent.get_mut(&(person, client)) {
                // What is on its way no longer counts.
                sent.expires = sent.at;
                sent.answers = 0;
            }
        }
        for proven in [true, false] {
            self.codes.hour.remove(&(person, proven));
            self.codes.day.remove(&(person, proven));
        }
    }
}
