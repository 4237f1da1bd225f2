//! What an app asks of the authorize endpoint, and what is wrong with it (Amazon Cognito, "The redirect and authorization
//! endpoint").

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};

use super::page;
use super::redirect::Redirect;
use crate::client::{Client, ClientSettings};
use crate::pool::Pool;
use crate::server::Service;

/// A request that its client may make.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) pool: Arc<Pool>,
    pub(super) client: Client,
    // INVARIANT: one of the client's callback URLs, letter by letter.
    pub(super) redirect_uri: String,
    pub(super) answer: Answer,
    pub(super) scopes: Vec<String>,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    /// S256, the one method that Cognito has.
    pub(super) code_challenge: Option<String>,
    pub(super) prompt: Prompt,
    pub(super) identity_provider: Option<String>,
    pub(super) login_hint: Option<String>,
    /// As it came: the forms carry it on, and each step reads it anew.
    pub(super) query: String,
}

/// `response_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Code,
    Token,
}

/// `prompt`. Cognito hands `consent` and `select_account` on to providers; a local user sees nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    IfNeeded,
    None,
    Login,
}

/// Why a request goes no further.
#[derive(Debug)]
pub(super) enum Wrong {
    /// Nobody vouches for the redirect URI: the person is told, and sent nowhere.
    Shown {
        error: &'static str,
        sentence: String,
    },
    Sent(Redirect),
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Shown { error, sentence } => page::error(error, &sentence),
            Self::Sent(redirect) => redirect.into_response(),
        }
    }
}

type Parameters = BTreeMap<String, String>;

impl Request {
    pub(super) fn parse(service: &Service, query: String) -> Result<Self, Wrong> {
        let mut parameters: Parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (pool, client) = client(service, parameters.get("client_id"))?;
        let redirect_uri = redirect_uri(&client.settings, parameters.remove("redirect_uri"))?;
        let state = parameters.remove("state");
        match Asked::read(&client.settings, &parameters) {
            Ok(Asked { answer, scopes, code_challenge, prompt }) => Ok(Self {
                pool,
                client,
                redirect_uri,
                answer,
                scopes,
                state,
                nonce: parameters.remove("nonce"),
                code_challenge,
                prompt,
                identity_provider: parameters.remove("identity_provider"),
                login_hint: parameters.remove("login_hint"),
                query,
            }),
            // Cognito names the error alone; the developer reads the reason in the log.
            Err((error, why)) => {
                service.say(&pool, format!("authorize refuses client {}: {error}: {why}", client.id));
                Err(Wrong::Sent(Redirect::error(&redirect_uri, error, None, state.as_deref())))
            }
        }
    }

    /// Sends the app an error instead of a code.
    pub(super) fn refuse(&self, error: &str, description: Option<&str>) -> Redirect {
        Redirect::error(&self.redirect_uri, error, description, self.state.as_deref())
    }
}

pub(super) fn client(service: &Service, id: Option<&String>) -> Result<(Arc<Pool>, Client), Wrong> {
    let wrong = |error, sentence: &str| Wrong::Shown { error, sentence: sentence.to_owned() };
    let id = id.ok_or_else(|| wrong("invalid_request", "The request names no client_id."))?;
    // One domain serves one pool in Cognito; here the client's id finds the pool.
    let found = service.pool_of_client(id).and_then(|pool| Ok((Arc::clone(&pool), pool.client(id)?)));
    found.map_err(|_| wrong("invalid_client", &format!("There is no client {id} in any pool.")))
}

/// Exactly one of the callback URLs: one that only looks like it might be somebody else's.
pub(super) fn redirect_uri(settings: &ClientSettings, asked: Option<String>) -> Result<String, Wrong> {
    let wrong = |sentence: String| Wrong::Shown { error: "redirect_mismatch", sentence };
    let Some(uri) = asked.or_else(|| settings.default_redirect_uri.clone()) else {
        return Err(wrong("The request names no redirect_uri, and the client has no default.".to_owned()));
    };
    // Cognito registers no URL with a fragment, and neither a space nor a control character stands in one.
    let whole = uri.contains(':') && uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if whole && settings.callback_urls.contains(&uri) {
        Ok(uri)
    } else {
        Err(wrong(format!("{uri} is not among the client's CallbackURLs.")))
    }
}

/// What is asked for, once it is known where the answer may go.
struct Asked {
    answer: Answer,
    scopes: Vec<String>,
    code_challenge: Option<String>,
    prompt: Prompt,
}

impl Asked {
    fn read(settings: &ClientSettings, parameters: &Parameters) -> Result<Self, (&'static str, String)> {
        let text = |name: &str| parameters.get(name).map(String::as_str);
        let invalid = |why: &str| ("invalid_request", why.to_owned());
        let (answer, flow) = match text("response_type") {
            Some("code") => (Answer::Code, "code"),
            Some("token") => (Answer::Token, "implicit"),
            _ => return Err(invalid("response_type must be code or token")),
        };
        if !allows(settings, flow) {
            return Err(("unauthorized_client", format!("the client does not allow the flow {flow}")));
        }
        let code_challenge = match (text("code_challenge"), text("code_challenge_method")) {
            (None, None) => None,
            (Some(challenge), Some("S256")) => Some(challenge.to_owned()),
            _ => return Err(invalid("code_challenge and code_challenge_method=S256 come together")),
        };
        let prompts: Vec<&str> = text("prompt").unwrap_or_default().split_ascii_whitespace().collect();
        let prompt = match prompts.as_slice() {
            ["none"] => Prompt::None,
            several if several.contains(&"none") => return Err(invalid("prompt=none stands alone")),
            several if several.contains(&"login") => Prompt::Login,
            _ => Prompt::IfNeeded,
        };
        if text("idp_identifier").is_some() {
            return Err(invalid("this local pool keeps no idp_identifier; name the provider by identity_provider"));
        }
        let scopes = scopes(settings, text("scope")).map_err(|why| ("invalid_scope", why))?;
        Ok(Self { answer, scopes, code_challenge, prompt })
    }
}

/// Do the client's OAuth settings open this flow?
pub(super) fn allows(settings: &ClientSettings, flow: &str) -> bool {
    settings.allowed_oauth_flows_user_pool_client == Some(true)
        && settings.allowed_oauth_flows.iter().any(|allowed| allowed == flow)
}

/// Those that are asked for, or all that the client allows.
fn scopes(settings: &ClientSettings, asked: Option<&str>) -> Result<Vec<String>, String> {
    let mut asked: Vec<String> = asked.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    if asked.is_empty() {
        asked.clone_from(&settings.allowed_oauth_scopes);
    }
    if asked.is_empty() {
        return Err("the client allows no scope".to_owned());
    }
    if let Some(scope) = asked.iter().find(|scope| !settings.allowed_oauth_scopes.contains(scope)) {
        return Err(format!("the client does not allow the scope {scope}"));
    }
    // "The phone, email, and profile scopes can only be requested if openid scope is also requested."
    let needs_openid = asked.iter().any(|scope| matches!(scope.as_str(), "phone" | "email" | "profile"));
    if needs_openid && !asked.iter().any(|scope| scope == "openid") {
        return Err("phone, email and profile need openid".to_owned());
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ClientSettings {
        ClientSettings {
            allowed_oauth_flows: vec!["code".to_owned()],
            allowed_oauth_flows_user_pool_client: Some(true),
            allowed_oauth_scopes: ["openid", "email", "billing/read"].map(str::to_owned).to_vec(),
            callback_urls: vec!["https://app.example/in".to_owned(), "myapp://in".to_owned()],
            ..ClientSettings::default()
        }
    }

    #[test]
    fn a_redirect_uri_is_one_of_the_callback_urls_letter_by_letter() {
        let allowed = |uri: &str| redirect_uri(&settings(), Some(uri.to_owned())).is_ok();
        assert!(allowed("https://app.example/in") && allowed("myapp://in"));
        for uri in [
            "",
            "https://app.example/in/",
            "https://app.example/in?x",
            "https://app.example/in#x",
            "https://app.example/",
            "https://APP.example/in",
            "https://app.example/in%2f",
            "https://app.example.evil.example/in",
            "http://app.example/in",
        ] {
            assert!(!allowed(uri), "{uri}");
        }
        assert!(redirect_uri(&settings(), None).is_err());
        let default = ClientSettings { default_redirect_uri: Some("myapp://in".to_owned()), ..settings() };
        assert_eq!(redirect_uri(&default, None).unwrap(), "myapp://in");
    }

    #[test]
    fn says_in_cognitos_words_what_is_wrong() {
        for (query, error) in [
            ("", "invalid_request"),
            ("response_type=id_token", "invalid_request"),
            ("response_type=token", "unauthorized_client"),
            ("response_type=code&code_challenge=x", "invalid_request"),
            ("response_type=code&code_challenge_method=S256", "invalid_request"),
            ("response_type=code&code_challenge=x&code_challenge_method=plain", "invalid_request"),
            ("response_type=code&prompt=none+login", "invalid_request"),
            ("response_type=code&idp_identifier=acme", "invalid_request"),
            ("response_type=code&scope=openid+phone", "invalid_scope"),
            ("response_type=code&scope=email", "invalid_scope"),
        ] {
            let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let refused = Asked::read(&settings(), &parameters).err().map(|(error, _)| error);
            assert_eq!(refused, Some(error), "{query}");
        }
    }

    #[test]
    fn without_a_scope_all_that_the_client_allows_are_asked_for() {
        assert_eq!(scopes(&settings(), None).unwrap(), ["openid", "email", "billing/read"]);
        assert_eq!(scopes(&settings(), Some("billing/read")).unwrap(), ["billing/read"]);
        assert!(scopes(&ClientSettings::default(), None).is_err());
    }
}
