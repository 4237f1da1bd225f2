//! Authorization codes: good once, for five minutes, for the app and the request that they were made for.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::request::{Request, allows};
use crate::client::Client;
use crate::oauth::OAuthError;
use crate::pool::Pool;
use crate::server::Service;
use crate::tokens::{self, Issued, later};

/// "The response returns a one time use code that is valid for five minutes."
const CODE_SECONDS: i64 = 300;

/// What a code stands for.
///
/// The tokens are made with the code: a refusing pre token generation function is seen to send the browser to the app with
/// an error and no code, so Cognito asks it before the code is there. Whether it asks again at the exchange: ?
#[derive(Debug)]
pub(super) struct Code {
    client_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    issued: Issued,
    expires: Timestamp,
}

/// Keeps `issued` behind a new code.
pub(super) fn put(service: &Service, request: &Request, issued: Issued) -> String {
    let now = service.clock.now();
    let name = service.random.uuid();
    let code = Code {
        client_id: request.client.id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.code_challenge.clone(),
        issued,
        expires: later(now, CODE_SECONDS),
    };
    let contents = &mut *request.pool.contents();
    let late: Vec<Code> =
        contents.managed_login.codes.extract_if(|_, code| code.expires <= now).map(|(_, code)| code).collect();
    for refresh_token in late.iter().filter_map(|code| code.issued.refresh_token.as_ref()) {
        contents.grants.remove(refresh_token);
    }
    contents.managed_login.codes.insert(name.clone(), code);
    name
}

/// The tokens for a code. Whoever presents it uses it up, with success or without.
pub(crate) fn redeem(
    service: &Service,
    pool: &Pool,
    client: &Client,
    form: &BTreeMap<String, String>,
) -> Result<Issued, OAuthError> {
    let text = |name: &str| form.get(name).map(String::as_str);
    if !allows(&client.settings, "code") {
        return Err(OAuthError::new("unauthorized_client"));
    }
    let (Some(name), Some(redirect_uri)) = (text("code"), text("redirect_uri")) else {
        return Err(OAuthError::new("invalid_request"));
    };
    let invalid = || OAuthError::new("invalid_grant");
    let code = pool.contents().managed_login.codes.remove(name).ok_or_else(invalid)?;
    let refresh_token = code.issued.refresh_token.as_deref().unwrap_or_default();
    let good = code.client_id == client.id
        // Cognito has been seen to call a foreign redirect_uri unauthorized_client, too; RFC 6749 calls it this.
        && code.redirect_uri == redirect_uri
        && code.expires > service.clock.now()
        && verifies(code.challenge.as_deref(), text("code_verifier"))
        // Signed out, disabled or deleted since the code was made.
        && tokens::refreshable(service, pool, client, refresh_token).is_ok();
    if good {
        Ok(code.issued)
    } else {
        pool.contents().grants.remove(refresh_token);
        Err(invalid())
    }
}

/// RFC 7636, section 4.6. A verifier without a challenge is the trace of a challenge that somebody removed.
fn verifies(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_verifier_of_rfc_7636() {
        let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(verifies(challenge, Some(verifier)));
        assert!(verifies(None, None));
        for (challenge, verifier) in [(challenge, None), (None, Some(verifier)), (challenge, challenge)] {
            assert!(!verifies(challenge, verifier), "{verifier:?}");
        }
    }
}
