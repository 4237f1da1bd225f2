//! What has to hold of every answer and of what an event changed, whatever stood in it. The kit checks already that a reply is the event but for
//! its `response`, and that a refusal is one of the closed list.

use std::collections::BTreeSet;

use domain::challenge::{Next, Recipient, Step, StepName, mailbox, nobody};
use domain::{Client, InvitationToken, Person, TenantId};
use lambda::{Event, RawValue};
use serde_json::Value;

use crate::Answer;
use crate::dump::{Dump, changes};
use crate::world::{NOWHERE, code_keys};

/// One event, and all that came of it.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    text: &'a str,
    /// `None`: the trigger cannot read it either.
    event: Option<Event>,
    answer: &'a Answer,
    before: &'a Dump,
    after: &'a Dump,
    mails: &'a [Value],
}

/// What a client is bound to.
#[derive(Debug)]
struct Bound<'a> {
    binds: &'a str,
    tenant: Option<&'a str>,
    enforced: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn new(
        text: &'a str,
        answer: &'a Answer,
        before: &'a Dump,
        after: &'a Dump,
        mails: &'a [Value],
    ) -> Self {
        let raw = RawValue::from_string(text.to_owned()).expect("JSON");
        Self { text, event: Event::read(&raw).ok(), answer, before, after, mails }
    }

    fn client(&self) -> Option<Client> {
        self.event.as_ref()?.client()
    }

    fn person(&self) -> Option<Person> {
        self.event.as_ref()?.person()
    }

    /// What the client is bound to, as the table has it: by an item of its own, or by its pool's.
    fn bound(&self) -> Option<Bound<'a>> {
        let Client { pool, id } = self.client()?;
        let before = self.before;
        if let Some(item) = before.get(&format!("CLIENT#{pool}#{id} | BINDING")) {
            let (binds, tenant) = (item["binds"].as_str().unwrap_or_default(), item["tenant_id"].as_str());
            return Some(Bound { binds, tenant, enforced: item["mode"] == "enforce" });
        }
        let pool = before.get(&format!("POOL#{pool} | POOL"))?;
        let tenant = pool["dedicated_to"].as_str();
        Some(Bound { binds: if tenant.is_some() { "tenant" } else { "nothing" }, tenant, enforced: tenant.is_some() })
    }

    fn is_enforced(&self) -> bool {
        self.bound().is_some_and(|bound| bound.enforced)
    }

    /// The tenants that this event can be about: the client's; at a shared client those that may be waiting for this person.
    fn tenants(&self) -> BTreeSet<&str> {
        let (Some(bound), Some(event)) = (self.bound(), &self.event) else { return BTreeSet::new() };
        if bound.binds != "shared" {
            return bound.tenant.into_iter().collect();
        }
        let tenant = |item: &'a Value| item["tenant_id"].as_str();
        let account = event.account();
        let pool = event.user_pool_id().unwrap_or_default();
        let presented = event.client_metadata("invitation").or_else(|| event.validation_data("invitation"));
        let presented = presented.and_then(|token| InvitationToken::parse(token).ok()).map(|token| token.digest());
        let presented = presented.map(|digest| format!("INVITATION#{digest} | INVITATION"));
        let remembered = event.user_name().map(|name| format!("ENROLMENT#{pool}#{name} | ENROLMENT"));
        let domain = account.address().map(|address| format!("DOMAIN#{} | DOMAIN", address.domain()));
        let named = [presented, remembered, domain].into_iter().flatten();
        let named = named.filter_map(|key| self.before.get(&key).and_then(tenant));
        let address = account.address().map(ToString::to_string);
        let own = self.before.iter().filter(|(key, item)| {
            let provider = key.starts_with(&format!("POOL#{pool} | PROVIDER#"));
            provider || (item["kind"] == "invitation" && item["address"].as_str() == address.as_deref())
        });
        named.chain(own.filter_map(|(_, item)| tenant(item))).collect()
    }
}

pub(super) fn check(trigger: &str, seen: &Seen<'_>) {
    changed(trigger, seen);
    hidden(seen);
    match trigger {
        "pre-sign-up" | "post-confirmation" => decides_nothing(seen),
        "pre-token-generation" => token(seen),
        "define-auth-challenge" => define(seen),
        "create-auth-challenge" => create(seen),
        "verify-auth-challenge" => verify(seen),
        other => panic!("there is no trigger {other}"),
    }
}

/// Each trigger writes its own kinds of items, of its own person and of a tenant that this event can be about.
fn changed(trigger: &str, seen: &Seen<'_>) {
    let changes = changes(seen.before, seen.after);
    if changes.is_empty() {
        return;
    }
    // A code that was sent counts, wherever the client has gone since; that it is of this client, its key says.
    let enforced = seen.is_enforced() || trigger == "verify-auth-challenge";
    assert!(enforced, "who is not bound, or observed, changes nothing: {changes:?}");
    let event = seen.event.as_ref().expect("what cannot be read changes nothing");
    let (pool, user) = (event.user_pool_id().unwrap_or_default(), event.user_name().unwrap_or_default());
    let tenants = seen.tenants();
    for (key, item) in &changes {
        // Of what is gone, what it was.
        let item = if item.is_null() { &seen.before[key] } else { item };
        let of_tenant = || item["tenant_id"].as_str().is_some_and(|tenant| tenants.contains(tenant));
        let kind = key.split('#').next().unwrap_or_default();
        let may = match (trigger, kind) {
            ("pre-sign-up", "ENROLMENT") => *key == format!("ENROLMENT#{pool}#{user} | ENROLMENT") && of_tenant(),
            ("post-confirmation" | "pre-token-generation", "ENROLMENT") => {
                *key == format!("ENROLMENT#{pool}#{user} | ENROLMENT")
            }
            ("post-confirmation" | "pre-token-generation", "PERSON") => of_tenant() && row(seen, key, item),
            ("post-confirmation" | "pre-token-generation", "TENANT" | "INVITATION") => of_tenant(),
            ("create-auth-challenge" | "verify-auth-challenge", "CHALLENGE") => {
                let user = event.user().and_then(|user| nobody(&user_pool(event)?, &user));
                let own = seen.person().filter(|_| !event.challenge().user_not_found()).or(user);
                own.is_some_and(|person| key.starts_with(&format!("CHALLENGE#{}#{} | ", person.pool, person.sub)))
            }
            _ => false,
        };
        assert!(may, "{trigger} changed {key}: {item}; the event can be about {tenants:?}");
    }
}

fn user_pool(event: &Event) -> Option<domain::PoolId> {
    event.user_pool_id()?.parse().ok()
}

/// A row of the person whose event it is, who has proven a mailbox; or of somebody whose place they take.
fn row(seen: &Seen<'_>, key: &str, item: &Value) -> bool {
    let own = seen.person().is_some_and(|person| key.starts_with(&format!("PERSON#{}#{} | ", person.pool, person.sub)));
    if !own {
        return item["status"] == "superseded" && seen.before.contains_key(key);
    }
    let account = seen.event.as_ref().expect("an event").account();
    account.address().is_some() && (account.email_verified || account.external)
}

/// No invitation's token or digest that the event did not name itself is in an answer, and none that it named is in what we decide.
fn hidden(seen: &Seen<'_>) {
    let Ok(reply) = &seen.answer.result else { return };
    let response = reply["response"].to_string();
    for item in seen.before.values().filter(|item| item["kind"] == "invitation") {
        let digest = item["digest"].as_str().expect("a digest");
        assert!(!response.contains(digest) || seen.text.contains(digest), "an invitation's digest in {response}");
    }
    let event = seen.event.as_ref().expect("what cannot be read has no reply");
    let sent = sent_response(seen.text).to_string();
    for presented in [event.client_metadata("invitation"), event.validation_data("invitation")].into_iter().flatten() {
        if InvitationToken::parse(presented).is_ok() {
            assert!(!response.contains(presented) || sent.contains(presented), "an invitation's token in {response}");
        }
    }
}

/// The `response` of the event that was sent, if it is an object.
fn sent_response(event: &str) -> Value {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    Some(event["response"].clone()).filter(Value::is_object).unwrap_or_else(|| Value::Object(serde_json::Map::new()))
}

/// Nobody is confirmed or verified by a trigger: the answer is the event.
fn decides_nothing(seen: &Seen<'_>) {
    // What the parser with a limit cannot hold, the kit compares as text.
    if let (Ok(reply), Ok(_)) = (&seen.answer.result, serde_json::from_str::<Value>(seen.text)) {
        assert_eq!(reply["response"], sent_response(seen.text));
    }
}

/// A token speaks of a tenant in which the person stands now, and at a tenant's own client of no other.
fn token(seen: &Seen<'_>) {
    let Ok(reply) = &seen.answer.result else { return };
    if !seen.is_enforced() {
        assert!(seen.answer.decision.starts_with("observed"), "{:?}", seen.answer);
        return;
    }
    let Bound { binds, tenant: own, .. } = seen.bound().expect("enforced");
    if let Some(tenant) = &seen.answer.tenant
        && matches!(seen.answer.decision, "member" | "joined" | "enrolled")
    {
        assert!(stands(seen, tenant), "{tenant} in {:?}", seen.answer);
    }
    for name in tenants_named(&reply["response"].to_string()) {
        // What the event says itself is carried through: groups, and what other triggers answered.
        if seen.text.contains(&name) {
            continue;
        }
        let tenant: TenantId = name.parse().expect("a tenant's id");
        assert!(binds == "shared" || own == Some(name.as_str()), "{name} at a client of {own:?}");
        assert!(binds == "machine" || stands(seen, &tenant), "{name} in {:?}", seen.answer);
    }
}

/// An active row, after all that this event changed.
fn stands(seen: &Seen<'_>, tenant: &TenantId) -> bool {
    let Some(person) = seen.person() else { return false };
    let row = seen.after.get(&format!("PERSON#{}#{} | TENANT#{tenant}", person.pool, person.sub));
    row.is_some_and(|row| row["status"] == "active")
}

/// Everything in a text that is a tenant's id.
fn tenants_named(text: &str) -> BTreeSet<String> {
    let ids = text.match_indices("t_").filter_map(|(at, _)| text.get(at..at + 28));
    ids.filter(|id| id.parse::<TenantId>().is_ok()).map(str::to_owned).collect()
}

/// Tokens only after steps that were all passed, and never for nobody.
fn define(seen: &Seen<'_>) {
    let Ok(reply) = &seen.answer.result else { return };
    if !seen.is_enforced() {
        return;
    }
    let (response, event) = (&reply["response"], seen.event.as_ref().expect("an event"));
    let (issues, fails) = (response["issueTokens"] == true, response["failAuthentication"] == true);
    assert!(!issues || !fails, "{response}");
    if !issues {
        return;
    }
    let whom = event.challenged().expect("tokens for somebody");
    assert!(whom.exists, "tokens for nobody: {response}");
    let steps: &[Step] = event.challenge().session().expect("a history that can be read");
    let own = |step: &&Step| step.name == StepName::Custom;
    assert!(steps.iter().filter(|step| !own(step)).all(|step| step.result == Some(true)), "{steps:?}");
    let wrong = steps.iter().filter(own).filter(|step| step.result != Some(true)).count();
    assert!(wrong < 3 && steps.last().is_some_and(|step| step.result == Some(true)), "{steps:?}");
    let chains: Vec<_> =
        [domain::challenge::Asks::Password, domain::challenge::Asks::PasswordAndCode, domain::challenge::Asks::Code]
            .into_iter()
            .filter(|asks| domain::challenge::define(*asks, steps, true) == Next::Tokens)
            .collect();
    assert_eq!(chains.len(), 1, "a session is the whole chain of one policy: {steps:?}");
}

/// The code is in the mail and nowhere else, and the mail goes to the person's own mailbox or to nowhere.
fn create(seen: &Seen<'_>) {
    let event = seen.event.as_ref();
    if let (Ok(reply), Some(event), true) = (&seen.answer.result, event, seen.is_enforced()) {
        let (client, whom) = (seen.client().expect("a client"), event.challenged().expect("somebody"));
        let response = &reply["response"];
        let number = response["privateChallengeParameters"]["issue"].as_str().and_then(|number| number.parse().ok());
        let account = event.account();
        let mailbox = mailbox(&account, whom.exists);
        let recipient = Recipient::new(&whom.person, &client, mailbox);
        let code = code_keys().code(&recipient, number.expect("an issue")).reveal();
        assert!(!response.to_string().contains(&code), "the code in {response}");
        let sent = seen.answer.decision.starts_with("a code was sent");
        assert_eq!(seen.mails.len(), usize::from(sent), "{:?}", seen.answer);
        for mail in seen.mails {
            assert!(mailbox.is_none() || mail.to_string().contains(&code), "a mail without its code");
            let to = mailbox.map_or_else(|| NOWHERE.to_owned(), ToString::to_string);
            assert_eq!(mail["Destination"]["ToAddresses"], serde_json::json!([to]), "{mail}");
        }
    } else {
        assert!(seen.mails.is_empty(), "a mail for {:?}", seen.answer);
    }
}

/// An answer is right if it is the code of an issue that was there, for this person at this client, and counted.
fn verify(seen: &Seen<'_>) {
    let Ok(reply) = &seen.answer.result else { return };
    let right = seen.answer.decision == "the code is right";
    let observed = seen.answer.decision == "observed";
    assert!(observed || (reply["response"]["answerCorrect"] == true) == right, "{:?}", seen.answer);
    if !right {
        return;
    }
    let event = seen.event.as_ref().expect("an event");
    let (client, whom) = (seen.client().expect("a client"), event.challenged().expect("somebody"));
    assert!(whom.exists, "nobody is right");
    let key = format!("CHALLENGE#{}#{} | CLIENT#{}", whom.person.pool, whom.person.sub, client.id);
    let (before, after) = (&seen.before[&key], &seen.after[&key]);
    assert_eq!(before["number"].to_string(), event.challenge().private("issue").expect("an issue"), "{before}");
    let (ticket, used) = (event.challenge().private("ticket"), before["used_by"].as_str());
    // Cognito may ask twice: whose answer was right is right again, and nobody else's.
    assert!(used.is_none() || used == ticket, "{before}");
    let counted = u64::from(used.is_none());
    assert_eq!(after["attempts"].as_u64(), before["attempts"].as_u64().map(|attempts| attempts + counted), "{after}");
    assert_eq!(after["used_by"].as_str(), ticket, "{after}");
    assert!(after["attempts"].as_u64().is_some_and(|attempts| attempts <= 5), "{after}");
    let account = event.account();
    let mailbox = mailbox(&account, true).expect("a mailbox to which a code can go");
    let recipient = Recipient::new(&whom.person, &client, Some(mailbox));
    let number = before["number"].as_u64().expect("a number");
    let typed: String = event.challenge().answer().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(typed, code_keys().code(&recipient, number).reveal(), "what is right is the code");
}
