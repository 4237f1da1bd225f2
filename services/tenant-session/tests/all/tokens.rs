//! Tokens that are believed, and every kind that is not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::pkcs1::{EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs8::EncodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use tenant_session::TokenRefused;

use crate::kit::{
    ACME, Clock, GLOBEX, ISSUER, START, TAGS, at, but, claims, claims_of, rsa_keys, signed, signed_by, verifier,
};

async fn refusal(token: &str) -> TokenRefused {
    verifier(&Clock::new()).verify(token).await.unwrap_err()
}

#[track_caller]
fn same(got: TokenRefused, expected: TokenRefused, of: &dyn std::fmt::Debug) {
    assert_eq!(got, expected, "{of:?}");
}

#[tokio::test]
async fn believes_an_id_token_of_the_pool_and_says_whose_it_is() {
    let token = verifier(&Clock::new()).verify(&signed(&claims())).await.unwrap();
    assert_eq!(token.tenant_id().as_str(), ACME);
    assert_eq!(token.sub(), "5d9c7b1e-0000-4000-8000-000000000001");
    assert_eq!(token.member_id(), Some("m_cccccccccccccccccccccccccc"));
    assert_eq!(token.client_id(), "acme-web");
    assert_eq!(token.expires_at(), at(START + 300));
}

#[tokio::test]
async fn refuses_another_pools_token() {
    for issuer in [
        json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example02"),
        json!(format!("{ISSUER}/")),
        json!(ISSUER.to_uppercase()),
        json!([ISSUER]),
        Value::Null,
    ] {
        same(refusal(&signed(&but("iss", issuer.clone()))).await, TokenRefused::Issuer, &issuer);
    }
    // The same issuer, signed by somebody else under the pool's key id.
    same(refusal(&signed_by(1, Some("pool"), &claims())).await, TokenRefused::Signature, &"a stranger's key");
}

#[tokio::test]
async fn refuses_every_algorithm_but_rs256() {
    let public = rsa_keys()[0].to_public_key();
    let pem = public.to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    let der = public.to_pkcs1_der().unwrap();
    let header = |algorithm| Header { kid: Some("pool".to_owned()), ..Header::new(algorithm) };
    // The public key as an HMAC secret, in each form that somebody may hold it in.
    for secret in [pem.as_bytes(), der.as_bytes(), &public.n().to_bytes_be()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = encode(&header(algorithm), &claims(), &EncodingKey::from_secret(secret)).unwrap();
            same(refusal(&token).await, TokenRefused::Algorithm, &algorithm);
        }
    }
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": none, "kid": "pool" }).to_string());
        for signature in ["", "AAAA"] {
            same(refusal(&format!("{header}.{payload}.{signature}")).await, TokenRefused::Algorithm, &none);
        }
    }
    // The pool's own key, used otherwise than the pool does.
    let own = EncodingKey::from_rsa_der(rsa_keys()[0].to_pkcs1_der().unwrap().as_bytes());
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = encode(&header(algorithm), &claims(), &own).unwrap();
        same(refusal(&token).await, TokenRefused::Algorithm, &algorithm);
    }
}

#[tokio::test]
async fn refuses_an_unknown_key_and_none() {
    for kid in [None, Some(""), Some("other"), Some("POOL"), Some("pool "), Some("../pool")] {
        same(refusal(&signed_by(0, kid, &claims())).await, TokenRefused::UnknownKey, &kid);
    }
}

#[tokio::test]
async fn refuses_what_was_changed_after_signing() {
    let token = signed(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let globex = URL_SAFE_NO_PAD.encode(claims_of(GLOBEX, "x", 300).to_string());
    same(refusal(&format!("{}.{globex}.{}", parts[0], parts[2])).await, TokenRefused::Signature, &"claims");
    let other = signed(&claims_of(GLOBEX, "x", 300));
    let signature = other.rsplit('.').next().unwrap();
    same(refusal(&format!("{}.{}.{signature}", parts[0], parts[1])).await, TokenRefused::Signature, &"signature");
    same(refusal(&format!("{}.{}.", parts[0], parts[1])).await, TokenRefused::Signature, &"no signature");
}

#[tokio::test]
async fn refuses_what_is_no_token() {
    let long = format!("{}{}", signed(&claims()), "A".repeat(20_000));
    let four = format!("{}.AAAA", signed(&claims()));
    for text in ["", "a", "..", "a.b.c", "é.é.é", "Bearer x.y.z", &long, &four] {
        let got = refusal(text).await;
        let fits = matches!(got, TokenRefused::Malformed | TokenRefused::Algorithm);
        assert!(fits, "{text:.40} {got:?}");
    }
    same(refusal(&long).await, TokenRefused::Malformed, &"too long for STS");
}

#[tokio::test]
async fn refuses_whatever_is_no_id_token() {
    for token_use in [json!("access"), json!("ID"), json!(["id"]), json!(true), Value::Null] {
        let token = signed(&but("token_use", token_use.clone()));
        same(refusal(&token).await, TokenRefused::NotAnIdToken, &token_use);
    }
    // An access token as Cognito writes it: no `aud`.
    let mut access = claims();
    access["token_use"] = json!("access");
    access["client_id"] = access["aud"].take();
    access.as_object_mut().unwrap().remove("aud");
    same(refusal(&signed(&access)).await, TokenRefused::NotAnIdToken, &"an access token");
}

#[tokio::test]
async fn refuses_another_audience_and_several() {
    for aud in
        [json!("evil-web"), json!("ACME-WEB"), json!(""), json!(["acme-web"]), json!(["acme-web", "evil"]), Value::Null]
    {
        same(refusal(&signed(&but("aud", aud.clone()))).await, TokenRefused::Audience, &aud);
    }
    // `client_id` does not stand in for it.
    let mut claims = but("aud", Value::Null);
    claims["client_id"] = json!("acme-web");
    same(refusal(&signed(&claims)).await, TokenRefused::Audience, &"client_id");
}

#[tokio::test]
async fn holds_a_token_to_its_time_with_ten_seconds_of_leeway() {
    for (now, expected) in [
        (-11, Some(TokenRefused::NotYetValid)),
        (-10, None),
        (0, None),
        (299, None),
        (309, None),
        (310, Some(TokenRefused::Expired)),
        (100_000, Some(TokenRefused::Expired)),
    ] {
        let clock = Clock::new();
        clock.set(now);
        let got = verifier(&clock).verify(&signed(&claims())).await.err();
        assert_eq!(got, expected, "{now} seconds after it was issued");
    }
    let later = signed(&but("nbf", json!(START + 11)));
    same(refusal(&later).await, TokenRefused::NotYetValid, &"nbf");
    for (name, value) in [
        ("exp", Value::Null),
        ("exp", json!("1800000300")),
        ("exp", json!(-1)),
        ("exp", json!(1.8e9)),
        ("exp", json!([START + 300])),
        ("iat", Value::Null),
        ("iat", json!("now")),
        ("nbf", json!("later")),
    ] {
        same(refusal(&signed(&but(name, value.clone()))).await, TokenRefused::Malformed, &(name, value));
    }
    same(refusal(&signed(&but("exp", json!(u64::MAX)))).await, TokenRefused::Malformed, &"past all time");
}

#[tokio::test]
async fn refuses_a_tenant_claim_that_is_not_one_tenant() {
    same(refusal(&signed(&but("tenant_id", Value::Null))).await, TokenRefused::NoTenant, &"none");
    for tenant in [
        json!("*"),
        json!(""),
        json!("acme"),
        json!(ACME.to_uppercase()),
        json!(format!("{ACME}/../{GLOBEX}")),
        json!(format!("{ACME} ")),
        json!([ACME]),
        json!([ACME, GLOBEX]),
        json!({ "id": ACME }),
        json!(1),
        json!(true),
    ] {
        // The tag follows, so that the claim alone is at fault.
        let mut claims = but("tenant_id", tenant.clone());
        claims[TAGS]["principal_tags"]["tenant_id"] = json!([tenant]);
        same(refusal(&signed(&claims)).await, TokenRefused::TenantUnreadable, &tenant);
    }
}

#[tokio::test]
async fn refuses_a_session_tag_that_is_not_exactly_the_tenant() {
    let tags =
        |principal: Value, transitive: Value| json!({ "principal_tags": principal, "transitive_tag_keys": transitive });
    let ours = || json!(["tenant_id"]);
    same(refusal(&signed(&but(TAGS, Value::Null))).await, TokenRefused::NoTag, &"none");
    for wrong in [
        tags(json!({ "tenant_id": [GLOBEX] }), ours()),
        tags(json!({ "tenant_id": [ACME, GLOBEX] }), ours()),
        tags(json!({ "tenant_id": [GLOBEX, ACME] }), ours()),
        tags(json!({ "tenant_id": [ACME, ACME] }), ours()),
        tags(json!({ "tenant_id": [] }), ours()),
        tags(json!({ "tenant_id": ["*"] }), ours()),
        tags(json!({ "tenant_id": [""] }), ours()),
        tags(json!({ "tenant_id": [ACME.to_uppercase()] }), ours()),
        tags(json!({ "tenant_id": ACME }), ours()),
        tags(json!({ "tenant_id": [[ACME]] }), ours()),
        tags(json!({ "tenant_id": null }), ours()),
        tags(json!({ "Tenant_Id": [ACME] }), ours()),
        tags(json!({ "tenant_id": [ACME], "Tenant_Id": [GLOBEX] }), ours()),
        tags(json!({ "tenant_id": [ACME], "role": ["admin"] }), ours()),
        tags(json!({}), ours()),
        tags(json!([["tenant_id", [ACME]]]), ours()),
        tags(json!({ "tenant_id": [ACME] }), json!([])),
        tags(json!({ "tenant_id": [ACME] }), json!(["tenant_id", "role"])),
        tags(json!({ "tenant_id": [ACME] }), json!("tenant_id")),
        json!({ "principal_tags": { "tenant_id": [ACME] } }),
        json!({ "principal_tags": { "tenant_id": [ACME] }, "transitive_tag_keys": ["tenant_id"], "source_identity": "x" }),
        json!({}),
        json!([]),
        json!(ACME),
        json!(tags(json!({ "tenant_id": [ACME] }), ours()).to_string()),
    ] {
        same(refusal(&signed(&but(TAGS, wrong.clone()))).await, TokenRefused::TagMismatch, &wrong);
    }
}

#[tokio::test]
async fn an_untagged_token_is_believed_only_where_that_was_asked_for_and_a_wrong_tag_never() {
    let clock = Clock::new();
    let lenient = || verifier(&clock).accepting_untagged();
    let untagged = lenient().verify(&signed(&but(TAGS, Value::Null))).await.unwrap();
    assert_eq!(untagged.tenant_id().as_str(), ACME);
    let mut wrong = claims();
    wrong[TAGS]["principal_tags"]["tenant_id"] = json!([GLOBEX]);
    assert_eq!(lenient().verify(&signed(&wrong)).await.unwrap_err(), TokenRefused::TagMismatch);
}

#[tokio::test]
async fn what_a_person_may_have_written_is_not_believed_without_a_tag() {
    let clock = Clock::new();
    for name in ["custom:tenantId", "dev:custom:tenantId", "profile", "nickname", "website"] {
        let mut written = claims();
        written[name] = written["tenant_id"].take();
        let tagged = written.clone();
        written.as_object_mut().unwrap().remove(TAGS);
        let before = || verifier(&clock).with_claims(name, "member_id").accepting_untagged();
        let after = || verifier(&clock).accepting_untagged().with_claims(name, "member_id");
        for verifier in [before(), after()] {
            let refused = verifier.verify(&signed(&written)).await.unwrap_err();
            assert_eq!(refused, TokenRefused::MaybeAttribute, "{name}");
            verifier.verify(&signed(&tagged)).await.unwrap();
        }
    }
    let mut written = but(TAGS, Value::Null);
    written["custom:memberId"] = written["member_id"].take();
    let lenient = verifier(&clock).accepting_untagged().with_claims("tenant_id", "custom:memberId");
    assert_eq!(lenient.verify(&signed(&written)).await.unwrap().member_id(), None);
}

#[tokio::test]
async fn reads_the_tenant_from_the_claim_of_the_deployments_choice() {
    let mut renamed = claims();
    renamed["custom:tenantId"] = renamed["tenant_id"].take();
    renamed["who"] = renamed["member_id"].take();
    let clock = Clock::new();
    let verifier = verifier(&clock).with_claims("custom:tenantId", "who");
    let token = verifier.verify(&signed(&renamed)).await.unwrap();
    assert_eq!(token.tenant_id().as_str(), ACME);
    assert_eq!(token.member_id(), Some("m_cccccccccccccccccccccccccc"));
    // The default name means nothing then.
    assert_eq!(verifier.verify(&signed(&claims())).await.unwrap_err(), TokenRefused::NoTenant);
}

#[tokio::test]
async fn a_member_claim_that_is_no_member_is_left_out() {
    for member in [json!("ann@acme.example"), json!("m_short"), json!(["m_cccccccccccccccccccccccccc"]), json!(7)] {
        let token = verifier(&Clock::new()).verify(&signed(&but("member_id", member.clone()))).await.unwrap();
        assert_eq!(token.member_id(), None, "{member}");
    }
    for sub in [Value::Null, json!(""), json!(["x"])] {
        same(refusal(&signed(&but("sub", sub.clone()))).await, TokenRefused::Malformed, &sub);
    }
}
