//! What STS is asked, what becomes of its answer, and when a session ends.

use std::time::Duration;

use serde_json::{Value, json};
use tenant_session::{Misconfigured, SessionError, TenantSessions};

use crate::kit::{
    ACME, Clock, ROLE, START, Service, TAGS, at, but, claims, claims_of, refusing, signed, verified, verifier,
};

#[tokio::test]
async fn web_identity_hands_the_token_over_and_signs_nothing() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let session = sessions.open(&verified(&clock, &claims()).await).await.unwrap();
    let [asked] = &sts.asked()[..] else { panic!("once") };
    let field = |name: &str| asked.fields.get(name).map(String::as_str);
    assert_eq!(field("Action"), Some("AssumeRoleWithWebIdentity"));
    assert_eq!(field("RoleArn"), Some(ROLE));
    assert_eq!(field("WebIdentityToken"), Some(&*signed(&claims())));
    assert_eq!(field("RoleSessionName"), Some("m_cccccccccccccccccccccccccc"));
    assert_eq!(field("Policy"), None);
    assert_eq!((&asked.authorization, &asked.security_token), (&None, &None));
    let credentials = session.credentials().await.unwrap();
    assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("ASIA0", ACME));
    assert_eq!(credentials.session_token(), Some(&*format!("session of {ACME}")));
}

#[tokio::test]
async fn a_broker_names_the_tenant_as_a_transitive_tag_and_signs() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::broker(&sts.config(&clock), ROLE).unwrap().with_session_policy("{}");
    sessions.open(&verified(&clock, &claims()).await).await.unwrap();
    let [asked] = &sts.asked()[..] else { panic!("once") };
    let tags: Vec<(&str, &str)> = asked
        .fields
        .iter()
        .filter(|(name, _)| name.contains("Tag"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        tags,
        [
            ("Tags.member.1.Key", "tenant_id"),
            ("Tags.member.1.Value", ACME),
            ("TransitiveTagKeys.member.1", "tenant_id"),
        ]
    );
    assert_eq!(asked.fields["Action"], "AssumeRole");
    assert_eq!(asked.fields["Policy"], "{}");
    assert!(asked.authorization.as_ref().is_some_and(|signed| signed.contains("Credential=OWN/")), "{asked:?}");
    assert!(!asked.fields.values().any(|value| value.contains("eyJ")), "a broker keeps the token");
}

#[tokio::test]
async fn a_session_name_is_an_identifier_and_never_an_address() {
    for (member, sub, name) in [
        (json!("m_cccccccccccccccccccccccccc"), "5d9c7b1e-0000-4000-8000-000000000001", "m_cccccccccccccccccccccccccc"),
        (Value::Null, "5d9c7b1e-0000-4000-8000-000000000001", "5d9c7b1e-0000-4000-8000-000000000001"),
        (json!("ann@acme.example"), "ann@acme.example", "somebody"),
        (Value::Null, "x", "somebody"),
        (Value::Null, "näme", "somebody"),
        (Value::Null, &*"x".repeat(65), "somebody"),
    ] {
        let clock = Clock::new();
        let sts = Service::sts(&clock);
        let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
        let mut claims = but("member_id", member);
        claims["sub"] = json!(sub);
        sessions.open(&verified(&clock, &claims).await).await.unwrap();
        assert_eq!(sts.asked()[0].fields["RoleSessionName"], name);
    }
}

#[tokio::test]
async fn asks_for_the_tokens_time_within_what_sts_and_the_role_give() {
    for (life, longest, asked) in [
        (300, None, "900"),
        (900, None, "900"),
        (1_800, None, "1800"),
        (3_600, None, "3600"),
        (86_400, None, "3600"),
        (86_400, Some(Duration::from_hours(12)), "43200"),
    ] {
        let clock = Clock::new();
        let sts = Service::sts(&clock);
        let mut sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
        if let Some(longest) = longest {
            sessions = sessions.with_longest(longest).unwrap();
        }
        let token = verified(&clock, &claims_of(ACME, "sub", life)).await;
        let session = sessions.open(&token).await.unwrap();
        assert_eq!(sts.asked()[0].fields["DurationSeconds"], asked);
        // Ours end with the token, whatever STS gave.
        let ends = START + life.min(asked.parse().unwrap());
        assert_eq!(session.credentials().await.unwrap().expiry(), Some(at(ends)));
        assert_eq!(session.expires_at(), at(START + life));
    }
}

#[tokio::test]
async fn a_session_ends_with_its_token_though_sts_gave_more() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let token = verified(&clock, &claims()).await;
    let session = sessions.open(&token).await.unwrap();
    clock.set(299);
    assert_eq!(session.credentials().await.unwrap().access_key_id(), "ASIA0");
    // The verifier's leeway is not the session's.
    clock.set(300);
    verifier(&clock).verify(&signed(&claims())).await.unwrap();
    assert_eq!(session.credentials().await.unwrap_err(), SessionError::TokenExpired);
    assert_eq!(sessions.open(&token).await.unwrap_err(), SessionError::TokenExpired);
    assert_eq!(sts.asked().len(), 1);
}

#[tokio::test]
async fn a_long_token_has_its_credentials_renewed_until_it_expires() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
    let session = sessions.open(&verified(&clock, &claims_of(ACME, "sub", 7_000)).await).await.unwrap();
    for (now, key) in [(3_569, "ASIA0"), (3_570, "ASIA1"), (6_999, "ASIA1")] {
        clock.set(now);
        assert_eq!(session.credentials().await.unwrap().access_key_id(), key, "after {now} seconds");
    }
    clock.set(7_000);
    assert_eq!(session.credentials().await.unwrap_err(), SessionError::TokenExpired);
}

#[tokio::test]
async fn many_at_once_ask_sts_once_and_two_tokens_twice() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::broker(&sts.config(&clock), ROLE).unwrap();
    let token = verified(&clock, &claims()).await;
    let many = (0..64).map(|_| {
        let (sessions, token) = (sessions.clone(), token.clone());
        tokio::spawn(async move { sessions.open(&token).await.unwrap().credentials().await.unwrap() })
    });
    for one in many.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap().access_key_id(), "ASIA0");
    }
    assert_eq!(sts.asked().len(), 1);
    // A refreshed token is another session: its time is another.
    let mut refreshed = claims();
    refreshed["exp"] = json!(START + 301);
    sessions.open(&verified(&clock, &refreshed).await).await.unwrap();
    assert_eq!(sts.asked().len(), 2);
}

#[tokio::test]
async fn holds_so_many_sessions_and_no_more_the_oldest_go() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let sessions = TenantSessions::broker(&sts.config(&clock), ROLE).unwrap().with_most(2);
    let mut tokens = Vec::new();
    for sub in ["one", "two", "three"] {
        tokens.push(verified(&clock, &claims_of(ACME, sub, 300)).await);
    }
    for index in [0, 1, 0, 2, 0] {
        sessions.open(&tokens[index]).await.unwrap();
    }
    assert_eq!(sts.asked().len(), 3, "the first was used again, so the second went");
    sessions.open(&tokens[1]).await.unwrap();
    assert_eq!(sts.asked().len(), 4);
    // Let go of, a tenant's sessions are opened anew.
    sessions.forget(tokens[0].tenant_id());
    sessions.open(&tokens[1]).await.unwrap();
    assert_eq!(sts.asked().len(), 5);
    let none = sessions.with_most(0);
    none.open(&tokens[0]).await.unwrap();
    none.open(&tokens[0]).await.unwrap();
    assert_eq!(sts.asked().len(), 7);
}

#[tokio::test]
async fn a_setting_changed_later_keeps_the_bound_and_shares_no_session() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let token = verified(&clock, &claims()).await;
    let wide = TenantSessions::broker(&sts.config(&clock), ROLE).unwrap().with_most(0);
    wide.open(&token).await.unwrap();
    let narrow = wide.with_session_policy("{}").with_longest(Duration::from_mins(15)).unwrap();
    narrow.open(&token).await.unwrap();
    narrow.open(&token).await.unwrap();
    let policies: Vec<_> = sts.asked().iter().map(|asked| asked.fields.contains_key("Policy")).collect();
    assert_eq!(policies, [false, true, true]);
}

#[tokio::test]
async fn an_untagged_token_opens_nothing_by_web_identity() {
    let clock = Clock::new();
    let sts = Service::sts(&clock);
    let untagged = signed(&but(TAGS, Value::Null));
    let untagged = verifier(&clock).accepting_untagged().verify(&untagged).await.unwrap();
    let refused = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap().open(&untagged).await;
    assert_eq!(refused.unwrap_err(), SessionError::NoTag);
    assert_eq!(sts.asked().len(), 0);
    TenantSessions::broker(&sts.config(&clock), ROLE).unwrap().open(&untagged).await.unwrap();
    assert_eq!(sts.asked()[0].fields["Tags.member.1.Value"], ACME);
}

#[tokio::test]
async fn says_what_sts_meant_and_asks_again_next_time() {
    let refused = |code: &'static str| SessionError::RequestRefused { code: Some(code.to_owned()) };
    for (status, code, expected) in [
        (403, "AccessDenied", SessionError::RoleRefused),
        (400, "InvalidIdentityToken", SessionError::TokenRefusedBySts),
        (403, "IDPRejectedClaim", SessionError::TokenRefusedBySts),
        (400, "ExpiredTokenException", SessionError::TokenExpired),
        (400, "IDPCommunicationError", SessionError::Unavailable),
        (400, "Throttling", SessionError::Unavailable),
        (503, "ServiceUnavailable", SessionError::Unavailable),
        (500, "InternalFailure", SessionError::Unavailable),
        (400, "PackedPolicyTooLarge", refused("PackedPolicyTooLarge")),
        (400, "ValidationError", refused("ValidationError")),
    ] {
        let clock = Clock::new();
        let sts = refusing(status, code, |_| "no".to_owned());
        let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
        let token = verified(&clock, &claims()).await;
        for _ in 0..2 {
            assert_eq!(sessions.open(&token).await.unwrap_err(), expected, "{code}");
        }
        assert_eq!(sts.asked().len(), 2, "a refusal is not held");
    }
    // A broker hears so of its own credentials.
    let clock = Clock::new();
    let sts = refusing(403, "ExpiredTokenException", |_| "no".to_owned());
    let sessions = TenantSessions::broker(&sts.config(&clock), ROLE).unwrap();
    let got = sessions.open(&verified(&clock, &claims()).await).await.unwrap_err();
    assert_eq!(got, refused("ExpiredTokenException"));
}

#[tokio::test]
async fn an_answer_without_usable_credentials_opens_nothing() {
    let whole = "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>\
                 <Expiration>2027-01-15T08:00:00Z</Expiration></Credentials>";
    let answer = |inner: &str| {
        format!(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>{inner}</AssumeRoleWithWebIdentityResult>\
             </AssumeRoleWithWebIdentityResponse>"
        )
    };
    for inner in [String::new(), whole.replace(">T<", "><"), whole.replace(">S<", "><"), whole.replace(">A<", "><")] {
        let clock = Clock::new();
        let body = answer(&inner);
        let sts = Service::new(move |_| (200, body.clone()));
        let sessions = TenantSessions::web_identity(&sts.config(&clock), ROLE).unwrap();
        let got = sessions.open(&verified(&clock, &claims()).await).await.unwrap_err();
        assert!(got.is_temporary(), "{inner} {got:?}");
    }
}

#[test]
fn refuses_what_cannot_be_right_at_the_start() {
    let clock = Clock::new();
    let base = Service::sts(&clock).config(&clock);
    for role in [
        "",
        "tenant",
        "arn:aws:iam::123456789012:user/ann",
        "arn:aws:sts::123456789012:assumed-role/tenant/x",
        "arn:aws:iam:eu-west-1:123456789012:role/tenant",
        "arn:aws:iam::1234:role/tenant",
        "arn:aws:iam::123456789012:role/",
    ] {
        assert_eq!(TenantSessions::web_identity(&base, role).unwrap_err(), Misconfigured::Role, "{role}");
    }
    for role in ["arn:aws:iam::123456789012:role/a/path/tenant", "arn:aws-cn:iam::123456789012:role/tenant"] {
        let sessions = TenantSessions::web_identity(&base, role).unwrap();
        for longest in [Duration::from_secs(899), Duration::from_secs(43_201)] {
            assert_eq!(sessions.clone().with_longest(longest).unwrap_err(), Misconfigured::Longest);
        }
    }
    let mut without = base.to_builder();
    without.set_credentials_provider(None);
    assert_eq!(TenantSessions::broker(&without.build(), ROLE).unwrap_err(), Misconfigured::NoCredentials);
}
