//! Each tenant's own way in, through the real programs: a password and a code, a code alone, and no way around either.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Chain, Policy};
use laptop::Challenge;
use tokio::time::Instant;
use user_pool::SesFault;

use super::*;

const HANK: &str = "hank@hooli.example";
const INES: &str = "ines@initech.example";
/// No code of these tests, but for once in a hundred million runs.
const WRONG: &str = "00000000";
/// Cognito gives up after five seconds, and people before that.
const CALM: Duration = Duration::from_millis(4_500);

impl Laptop {
    /// Hank signs up at Hooli's app and confirms: Hooli lets its people in.
    async fn hank(&self) {
        self.app("hooli").sign_up(HANK, None).await.unwrap();
        self.app("hooli").confirm(HANK).await.unwrap();
    }

    /// The mails with a code that went to an address.
    fn codes_to(&self, address: &str) -> usize {
        let mails = self.server().outbox().mails();
        mails.iter().filter(|mail| mail.kind == user_pool::MailKind::Ses && mail.to == address).count()
    }

    /// Umbrella, whose people sign in as this chain says, and whoever has an address at its domain joins.
    pub(super) async fn umbrella(&self, chain: Chain) -> Tenant {
        let new = NewTenant {
            policy: Policy { chain, ..Policy::default() },
            ..NewTenant::new("umbrella".parse().unwrap(), "Umbrella")
        };
        let umbrella = self.operations().create_tenant(&new).await.unwrap();
        let domain = "umbrella.example".parse().unwrap();
        self.operations().assume_domain(&umbrella.id, &domain, "a test").await.unwrap();
        self.app_by_challenge("umbrella", &umbrella).await;
        umbrella
    }

    /// An app client of a tenant that signs its people in by challenge alone.
    async fn app_by_challenge(&self, id: &str, tenant: &Tenant) {
        let flows = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec();
        let settings = ClientSettings { explicit_auth_flows: flows, ..ClientSettings::for_passwords(id) };
        let client_id = Some(id.to_owned());
        self.pool().unwrap().add_client(ClientSeed { client_id, settings, ..ClientSeed::default() });
        let client = Client { pool: self.pool_id().unwrap(), id: id.parse().unwrap() };
        self.operations().bind_client(&NewBinding::to_tenant(client, tenant.id.clone())).await.unwrap();
    }
}

/// Cognito's "no", which says nothing of the reason.
#[track_caller]
pub(super) fn closed<T: std::fmt::Debug>(outcome: Result<T, laptop::Refused>, kind: &str) {
    let refused = outcome.unwrap_err();
    assert_eq!((refused.kind.as_str(), refused.refusal()), (kind, None), "{refused}");
}

/// A wrong answer, after which the code is asked for again.
#[track_caller]
fn asked_again(answered: Result<Result<Tokens, Challenge>, laptop::Refused>) -> Challenge {
    answered.unwrap().expect_err("another challenge")
}

/// A right answer.
#[track_caller]
pub(super) fn signed_in(answered: Result<Result<Tokens, Challenge>, laptop::Refused>) -> Outcome {
    answered.map(|answered| answered.unwrap_or_else(|challenge| panic!("asked again: {challenge:?}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_the_code_from_the_mailbox_sign_in() {
    let laptop = Laptop::start().await;
    let (hooli, app) = (&laptop.town.hooli, laptop.app("hooli"));
    laptop.hank().await;
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    let shown = |name: &str| challenge.parameters.get(name).map(String::as_str);
    let row = laptop.row(hooli, HANK).await;
    let sub = row.person.sub.to_string();
    assert_eq!(["destination", "USERNAME"].map(shown), [Some("h***@h***.example"), Some(sub.as_str())]);
    assert_eq!(challenge.parameters.len(), 2, "{:?}", challenge.parameters);
    let mail = laptop.server().outbox().ses_mail_to(HANK).unwrap();
    assert_eq!(mail.subject, "Your code to sign in to Hooli");

    let hank = member(signed_in(app.answer(&challenge, &app.code_for(HANK)).await), hooli, &["member"]);
    member(app.refresh(&hank).await, hooli, &["member"]);
    member(app.refresh_for(&hank, None).await, hooli, &["member"]);
    // The password alone is no way in, and neither is a session that was answered.
    closed(app.sign_in(HANK).await, "InvalidParameterException");
    closed(app.answer(&challenge, &app.code_for(HANK)).await, "NotAuthorizedException");
    closed(app.begin_with_password(HANK, "Wrong-horse-1").await, "NotAuthorizedException");
    // Begun as if Hooli asked for a code alone: over before a mail goes out.
    closed(app.begin_with_code(HANK).await, "NotAuthorizedException");
    assert_eq!(laptop.codes_to(HANK), 1);

    // Removed: gone at the next refresh, and the whole chain does not bring him back.
    laptop.operations().remove(&hooli.id, &named(HANK), None).await.unwrap();
    refused(app.refresh(&hank).await, Refusal::MembershipEnded);
    refused(app.sign_in_with_password_and_code(HANK).await, Refusal::MembershipEnded);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_alone_signs_in_and_a_stranger_learns_nothing() {
    let laptop = Laptop::start().await;
    let (initech, app) = (&laptop.town.initech, laptop.app("initech"));
    let ines = member(app.sign_in_with_code(INES).await, initech, &["owner"]);
    member(app.refresh(&ines).await, initech, &["owner"]);

    // Whoever can tell these apart knows who has an account here.
    let known = app.begin_with_code(INES).await.unwrap();
    let nobody = app.begin_with_code("ivan@initech.example").await.unwrap();
    let names = |challenge: &Challenge| challenge.parameters.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&known), names(&nobody));
    assert_eq!([&known, &nobody].map(|challenge| challenge.parameters["destination"].as_str()), ["***@***"; 2]);
    assert_eq!(known.parameters["USERNAME"].len(), nobody.parameters["USERNAME"].len());
    assert_eq!(laptop.codes_to("ivan@initech.example"), 0, "nobody's mailbox gets no mail");
    for challenge in [known, nobody] {
        let refused = app.answer_until_it_ends(&challenge, WRONG).await.unwrap_err();
        assert_eq!(refused.to_string(), "NotAuthorizedException: Incorrect username or password.");
    }
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_of_the_roles_that_the_tenant_names() {
    let laptop = Laptop::start().await;
    let umbrella = laptop.umbrella(Chain::PasswordAndCode { of: Some(roles(&["owner", "admin"])) }).await;
    let (app, uma) = (laptop.app("umbrella"), "uma@umbrella.example");
    app.sign_up(uma, None).await.unwrap();
    app.confirm(uma).await.unwrap();
    // A member: the password alone, at the same app client and in the same flow.
    let before = member(app.sign_in_by_srp(uma).await, &umbrella, &["member"]);
    assert_eq!(laptop.codes_to(uma), 0);
    // An admin answers a code before any token says so: the session that began as a member's does not.
    laptop.operations().set_roles(&umbrella.id, &named(uma), &roles(&["admin"])).await.unwrap();
    refused(app.refresh(&before).await, Refusal::SignInAgain);
    closed(app.sign_in_by_srp(uma).await, "Challenge");
    let admin = member(app.sign_in_with_password_and_code(uma).await, &umbrella, &["admin"]);
    member(app.refresh(&admin).await, &umbrella, &["admin"]);

    // Nobody's member yet: whichever roles might come of it, the code is asked for first.
    laptop.app("acme").join("ann@acme.example", None).await.unwrap();
    refused(app.sign_in_with_password_and_code("ann@acme.example").await, Refusal::InvitationRequired);
    assert_eq!(laptop.codes_to("ann@acme.example"), 1);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_codes_end_a_session_and_five_end_the_code() {
    let laptop = Laptop::start().await;
    let (hooli, app) = (&laptop.town.hooli, laptop.app("hooli"));
    laptop.hank().await;
    let first = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    let second = asked_again(app.answer(&first, WRONG).await);
    assert_eq!(second.parameters, first.parameters, "asked as before");
    let third = asked_again(app.answer(&second, WRONG).await);
    closed(app.answer(&third, WRONG).await, "NotAuthorizedException");
    closed(app.answer(&third, &app.code_for(HANK)).await, "NotAuthorizedException");
    assert_eq!(laptop.codes_to(HANK), 1, "one mail, however often it was asked for");

    // Another sign-in goes on with the code, and with its attempts: the fifth is the last.
    let next = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    let next = asked_again(app.answer(&next, WRONG).await);
    let code = app.code_for(HANK);
    let (head, tail) = code.split_at(4);
    member(signed_in(app.answer(&next, &format!("{head} {tail}")).await), hooli, &["member"]);

    // A code of its own for the next one; five wrong answers in two sessions end it.
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    assert_eq!(laptop.codes_to(HANK), 2);
    assert_ne!(app.code_for(HANK), code);
    closed(app.answer_until_it_ends(&challenge, WRONG).await, "NotAuthorizedException");
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    let challenge = asked_again(app.answer(&challenge, WRONG).await);
    // After the fifth there is nothing left to ask for: that is said instead of another challenge.
    refused(app.answer(&challenge, WRONG).await, Refusal::TooManyCodes);
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TooManyCodes);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_app_is_no_code_of_another() {
    let laptop = Laptop::start().await;
    let hooli = &laptop.town.hooli;
    laptop.hank().await;
    laptop.app_by_challenge("hoolimobile", hooli).await;
    let (web, mobile) = (laptop.app("hooli"), laptop.app("hoolimobile"));
    let at_web = web.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    let webs = web.code_for(HANK);
    let at_mobile = mobile.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    assert_eq!(laptop.codes_to(HANK), 2);
    let at_mobile = asked_again(mobile.answer(&at_mobile, &webs).await);
    closed(mobile.answer(&at_web, &webs).await, "NotAuthorizedException");
    member(signed_in(mobile.answer(&at_mobile, &mobile.code_for(HANK)).await), hooli, &["member"]);
    member(signed_in(web.answer(&at_web, &webs).await), hooli, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_suspended_meanwhile_lets_nobody_in() {
    let laptop = Laptop::start().await;
    let (hooli, app, operations) = (&laptop.town.hooli, laptop.app("hooli"), laptop.operations());
    laptop.hank().await;
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    operations.suspend_tenant(&hooli.id, None).await.unwrap();
    refused(app.answer(&challenge, &app.code_for(HANK)).await, Refusal::TenantSuspended);
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TenantSuspended);
    operations.resume_tenant(&hooli.id, None).await.unwrap();
    member(app.sign_in_with_password_and_code(HANK).await, hooli, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proved_the_password_reads_why_no_code_can_be_sent() {
    let laptop = Laptop::start().await;
    let app = laptop.app("hooli");
    app.sign_up(HANK, None).await.unwrap();
    let confirm = laptop.sdk().admin_confirm_sign_up().user_pool_id(laptop::POOL).username(HANK);
    confirm.send().await.unwrap();
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::EmailNotVerified);
    assert_eq!(laptop.codes_to(HANK), 0);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_ses_does_not_take_is_said_calmly_and_the_next_sign_in_sends_another() {
    let laptop = Laptop::start().await;
    let (hooli, app, outbox) = (&laptop.town.hooli, laptop.app("hooli"), laptop.server().outbox());
    laptop.hank().await;
    outbox.fail_ses(1, SesFault::Broken);
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TryAgain);
    assert_eq!(laptop.codes_to(HANK), 0);
    // Throttled once: offered again, and nobody notices.
    outbox.fail_ses(1, SesFault::Throttled);
    member(app.sign_in_with_password_and_code(HANK).await, hooli, &["member"]);
    assert_eq!(laptop.codes_to(HANK), 1);
    outbox.fail_ses(2, SesFault::Throttled);
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TryAgain);
    outbox.heal_ses();
    member(app.sign_in_with_password_and_code(HANK).await, hooli, &["member"]);
    assert_eq!(laptop.codes_to(HANK), 2);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_ses_that_does_not_come_is_not_waited_for() {
    let laptop = Laptop::start().await;
    let (hooli, app) = (&laptop.town.hooli, laptop.app("hooli"));
    laptop.hank().await;
    laptop.server().outbox().fail_ses(1, SesFault::Late(Duration::from_secs(10)));
    let began = Instant::now();
    refused(app.begin_with_password(HANK, laptop::PASSWORD).await, Refusal::TryAgain);
    assert!(began.elapsed() < CALM, "{:?}", began.elapsed());
    let late = app.code_for(HANK);
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    assert_eq!(laptop.codes_to(HANK), 2, "nobody knows whether the first one went out");
    let challenge = asked_again(app.answer(&challenge, &late).await);
    member(signed_in(app.answer(&challenge, &app.code_for(HANK)).await), hooli, &["member"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_went_to_another_mailbox_is_none() {
    let laptop = Laptop::start().await;
    let (hooli, app, henry) = (&laptop.town.hooli, laptop.app("hooli"), "henry@hooli.example");
    laptop.hank().await;
    let hank = member(app.sign_in_with_password_and_code(HANK).await, hooli, &["member"]);
    let challenge = app.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
    laptop.change_address(&hank, henry).await;
    closed(app.answer(&challenge, &app.code_for(HANK)).await, "NotAuthorizedException");
    closed(app.begin_with_password(HANK, laptop::PASSWORD).await, "NotAuthorizedException");
    let challenge = app.begin_with_password(henry, laptop::PASSWORD).await.unwrap();
    closed(app.answer_until_it_ends(&challenge, &app.code_for(HANK)).await, "NotAuthorizedException");
    laptop.stack.shutdown().await;
}
