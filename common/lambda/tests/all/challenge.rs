//! The triggers of the custom challenge: what they read, and what Cognito gets back.

use domain::challenge::{Next, Step, StepName};
use lambda::{Event, Shown};
use serde_json::{Value, json};

use crate::samples::{event, sample};

fn with_session(session: &Value) -> Event {
    let mut define = sample("define-auth-challenge");
    define["request"]["session"] = session.clone();
    event(&define.to_string())
}

#[test]
fn a_history_reads_in_its_order() {
    let step = |name, result| Step { name, result };
    let define = event(&sample("define-auth-challenge").to_string());
    assert_eq!(
        define.challenge().session().unwrap(),
        [
            step(StepName::SrpA, Some(true)),
            step(StepName::PasswordVerifier, Some(true)),
            step(StepName::Custom, Some(false)),
        ]
    );
    assert!(!define.challenge().user_not_found());
    for (result, read) in
        [(json!(true), Some(true)), (json!(false), Some(false)), (json!(null), None), (json!("true"), None)]
    {
        let session = with_session(&json!([{ "challengeName": "SMS_MFA", "challengeResult": result }]));
        assert_eq!(session.challenge().session().unwrap(), [step(StepName::SmsMfa, read)], "{result}");
    }
    let other =
        with_session(&json!([{ "challengeName": "ADMIN_NO_SRP_AUTH" }, { "challengeName": "custom_challenge" }]));
    assert_eq!(other.challenge().session().unwrap(), [step(StepName::Other, None); 2]);
}

#[test]
fn no_steps_is_a_history_and_an_unreadable_one_is_none() {
    for empty in [json!([]), json!(null)] {
        assert_eq!(with_session(&empty).challenge().session(), Some(&[][..]), "{empty}");
    }
    for unreadable in [json!({}), json!("x"), json!([null]), json!([[]]), json!([{ "challengeName": 7 }]), json!([{}])]
    {
        assert_eq!(with_session(&unreadable).challenge().session(), None, "{unreadable}");
    }
}

#[test]
fn an_answer_and_what_was_kept_for_it_are_read() {
    let verify = event(&sample("verify-auth-challenge").to_string());
    assert_eq!(verify.challenge().answer(), "12345678");
    assert_eq!(verify.challenge().private("issue"), Some("1800000000000"));
    assert_eq!(verify.challenge().private("answer"), None);
    assert!(event(&sample("create-auth-challenge").to_string()).challenge().is_custom());
}

#[test]
fn each_next_step_is_said_as_cognito_wants_it() {
    for (next, response) in [
        (
            Next::Password,
            json!({ "challengeName": "PASSWORD_VERIFIER", "issueTokens": false, "failAuthentication": false }),
        ),
        (Next::Code, json!({ "challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": false })),
        (Next::Tokens, json!({ "challengeName": null, "issueTokens": true, "failAuthentication": false })),
        (Next::Failed, json!({ "challengeName": null, "issueTokens": false, "failAuthentication": true })),
    ] {
        let mut expected = sample("define-auth-challenge");
        let reply = event(&expected.to_string()).define(next).into_raw().unwrap();
        expected["response"] = response;
        assert_eq!(serde_json::from_str::<Value>(reply.get()).unwrap(), expected, "{next:?}");
    }
}

#[test]
fn a_challenge_and_the_word_on_its_answer_leave_the_rest_as_it_came() {
    let mut expected = sample("create-auth-challenge");
    let shown = Shown {
        public: &[("digits", "8".to_owned())],
        private: &[("issue", "7".to_owned())],
        metadata: "7".to_owned(),
    };
    let reply = event(&expected.to_string()).show(&shown).into_raw().unwrap();
    expected["response"] = json!({
        "publicChallengeParameters": { "digits": "8" },
        "privateChallengeParameters": { "issue": "7" },
        "challengeMetadata": "7",
    });
    assert_eq!(serde_json::from_str::<Value>(reply.get()).unwrap(), expected);

    let mut expected = sample("verify-auth-challenge");
    for correct in [true, false] {
        let reply = event(&expected.to_string()).verify(correct).into_raw().unwrap();
        expected["response"]["answerCorrect"] = json!(correct);
        assert_eq!(serde_json::from_str::<Value>(reply.get()).unwrap(), expected);
    }
}
