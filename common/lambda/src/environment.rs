//! The settings of a trigger, read once from the variables of its process.

use std::fmt;
use std::path::PathBuf;

use domain::Email;
use domain::challenge::{CodeKey, CodeKeys, Limits};

use crate::log::LevelFilter;

/// What a trigger is told by its environment. An empty variable counts as absent.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `TENANTRY_TABLE`: the name or ARN of the table; `tenantry` by default.
    pub table: String,
    /// `AWS_REGION`, which Lambda sets.
    pub region: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`: where `DynamoDB` is, if not in AWS.
    pub endpoint: Option<String>,
    /// `AWS_CA_BUNDLE`: a file of certificates, as PEM, to believe instead of Amazon's roots.
    pub ca_bundle: Option<PathBuf>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, which Lambda sets.
    pub credentials: Credentials,
    /// `TENANTRY_CLAIMS`: the names of the claims, as written.
    pub claims: Option<String>,
    /// What the triggers of the custom challenge are told; each variable is read by whoever needs it.
    pub challenge: ChallengeSettings,
    /// `TENANTRY_LOG`, else `AWS_LAMBDA_LOG_LEVEL`; `info` by default.
    pub log_level: LevelFilter,
}

/// Keys for AWS; `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`; a Lambda function always has one.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Key id, secret and token, for the client that signs requests.
    pub fn into_parts(self) -> (String, String, Option<String>) {
        (self.access_key_id, self.secret_access_key, self.session_token)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Settings of the custom challenge. `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct ChallengeSettings {
    keys: Option<CodeKeys>,
    mail_from: Option<String>,
    /// `TENANTRY_MAIL_TEMPLATES`: a folder with the operator's own words; the built-in ones if absent.
    pub mail_templates: Option<String>,
    /// `TENANTRY_MAIL_NOWHERE`: where the mail to a user who does not exist goes; SES's mailbox simulator by default, which takes every
    /// mail and delivers none [Amazon SES developer guide, "Using the mailbox simulator"].
    pub mail_nowhere: Email,
    /// `TENANTRY_MAIL_CONFIGURATION_SET`: the SES configuration set to send with.
    pub mail_configuration_set: Option<String>,
    /// `AWS_ENDPOINT_URL_SESV2`, else `AWS_ENDPOINT_URL`: where SES is, if not in AWS.
    pub mail_endpoint: Option<String>,
    /// `TENANTRY_CODE_MINUTES`: how long a code counts; 5 minutes by default.
    pub limits: Limits,
}

impl ChallengeSettings {
    fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let get = |name| present(variable, name);
        let limits = match get("TENANTRY_CODE_MINUTES") {
            None => Limits::default(),
            Some(value) => {
                value.parse().ok().and_then(|minutes| Limits::lasting(minutes).ok()).ok_or(Unset::Unusable {
                    name: "TENANTRY_CODE_MINUTES",
                    value,
                    put: "a number of minutes from 1 to 15",
                })?
            }
        };
        Ok(Self {
            keys: code_keys(variable)?,
            mail_from: get("TENANTRY_MAIL_FROM"),
            mail_templates: get("TENANTRY_MAIL_TEMPLATES"),
            mail_nowhere: nowhere(get("TENANTRY_MAIL_NOWHERE").unwrap_or_else(|| NOWHERE.to_owned()))?,
            mail_configuration_set: get("TENANTRY_MAIL_CONFIGURATION_SET"),
            mail_endpoint: endpoint(variable, "AWS_ENDPOINT_URL_SESV2")?,
            limits,
        })
    }

    /// `TENANTRY_CODE_KEY` and, while the key is being replaced, `TENANTRY_CODE_KEY_PREVIOUS`.
    pub fn keys(&self) -> Result<CodeKeys, Unset> {
        self.keys
            .clone()
            .ok_or(Unset::Missing { name: CODE_KEY, put: "32 random bytes as base64 (`openssl rand -base64 32`)" })
    }

    /// `TENANTRY_MAIL_FROM`: the sender, with or without a name.
    pub fn mail_from(&self) -> Result<String, Unset> {
        self.mail_from.clone().ok_or(Unset::Missing {
            name: "TENANTRY_MAIL_FROM",
            put: "a sender that SES has verified, such as Acme <no-reply@acme.example>,",
        })
    }
}

const CODE_KEY: &str = "TENANTRY_CODE_KEY";
const NOWHERE: &str = "success@simulator.amazonses.com";

fn nowhere(value: String) -> Result<Email, Unset> {
    value.parse().map_err(|_| Unset::Unusable {
        name: "TENANTRY_MAIL_NOWHERE",
        value,
        put: "an address that takes every mail, such as success@simulator.amazonses.com,",
    })
}

fn code_keys(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<CodeKeys>, Unset> {
    let key = |name| match present(variable, name) {
        None => Ok(None),
        Some(value) => match CodeKey::parse(&value) {
            Ok(key) => Ok(Some(key)),
            // What stands there may be a secret that was cut off.
            Err(_) => Err(Unset::Unusable {
                name,
                value: "(not shown)".to_owned(),
                put: "32 random bytes as base64 (`openssl rand -base64 32`)",
            }),
        },
    };
    let previous = key("TENANTRY_CODE_KEY_PREVIOUS")?;
    Ok(key(CODE_KEY)?.map(|current| CodeKeys::new(current, previous)))
}

/// What is wrong with the environment, and what to do.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unset {
    /// The process was started by hand.
    #[error(
        "{0} is not set: this program is a Lambda function. On a laptop, start it with `cargo lambda watch` or \
         `cargo xtask demo`."
    )]
    Runtime(&'static str),
    /// A variable is missing.
    #[error("{name} is not set. Put {put} there.")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What to put there.
        put: &'static str,
    },
    /// A variable makes no sense.
    #[error("{name} is {value:?}. Put {put} there.")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// What it holds; never a secret.
        value: String,
        /// What to put there.
        put: &'static str,
    },
}

/// The sentence, since a `main` that fails prints its error so.
impl fmt::Debug for Unset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a Lambda runtime started this process: `lambda_runtime` panics if one of its variables is missing.
pub fn started_by_lambda(variable: impl Fn(&str) -> Option<String>) -> Result<(), Unset> {
    for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        present(&variable, name).ok_or(Unset::Runtime(name))?;
    }
    let memory = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    let size = present(&variable, memory).ok_or(Unset::Runtime(memory))?;
    if size.parse::<i32>().is_err() {
        return Err(Unset::Unusable { name: memory, value: size, put: "the function's memory in MB, such as 256," });
    }
    Ok(())
}

impl Environment {
    /// Reads the settings of a trigger; `variable` is `|name| std::env::var(name).ok()` in `main.rs`.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let get = |name| present(&variable, name);
        let endpoint = endpoint(&variable, "AWS_ENDPOINT_URL_DYNAMODB")?;
        // A table on this machine asks for no real keys, and for no real Region.
        let local = endpoint.as_deref().is_some_and(is_loopback);
        let region = get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")).or(local.then(|| "us-east-1".to_owned()));
        let region =
            region.ok_or(Unset::Missing { name: "AWS_REGION", put: "the table's Region, such as eu-west-1," })?;
        Ok(Self {
            table: table(get("TENANTRY_TABLE"))?,
            region,
            endpoint,
            ca_bundle: get("AWS_CA_BUNDLE").map(PathBuf::from),
            credentials: credentials(&variable, local)?,
            claims: get("TENANTRY_CLAIMS"),
            challenge: ChallengeSettings::read(&variable)?,
            log_level: log_level(&variable)?,
        })
    }
}

fn present(variable: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

fn table(value: Option<String>) -> Result<String, Unset> {
    let name = value.unwrap_or_else(|| "tenantry".to_owned());
    // The rule is DynamoDB's [Supported data types and naming rules in Amazon DynamoDB].
    let named = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if named || name.starts_with("arn:") {
        return Ok(name);
    }
    Err(Unset::Unusable { name: "TENANTRY_TABLE", value: name, put: "the name or ARN of the DynamoDB table" })
}

fn endpoint(variable: &impl Fn(&str) -> Option<String>, name: &'static str) -> Result<Option<String>, Unset> {
    for name in [name, "AWS_ENDPOINT_URL"] {
        let Some(value) = present(variable, name) else { continue };
        if value.starts_with("http://") || value.starts_with("https://") {
            return Ok(Some(value));
        }
        return Err(Unset::Unusable { name, value, put: "a URL, such as http://127.0.0.1:8000, or nothing" });
    }
    Ok(None)
}

fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
    })
}

fn credentials(variable: &impl Fn(&str) -> Option<String>, local: bool) -> Result<Credentials, Unset> {
    let key = |name| match present(variable, name) {
        Some(value) => Ok(value),
        None if local => Ok("local".to_owned()),
        None => Err(Unset::Missing { name, put: "a key that may read and write the table (Lambda sets it by itself)" }),
    };
    Ok(Credentials {
        access_key_id: key("AWS_ACCESS_KEY_ID")?,
        secret_access_key: key("AWS_SECRET_ACCESS_KEY")?,
        session_token: present(variable, "AWS_SESSION_TOKEN"),
    })
}

fn log_level(variable: &impl Fn(&str) -> Option<String>) -> Result<LevelFilter, Unset> {
    for name in ["TENANTRY_LOG", "AWS_LAMBDA_LOG_LEVEL"] {
        let Some(value) = present(variable, name) else { continue };
        return match value.to_ascii_lowercase().as_str() {
            "off" => Ok(LevelFilter::OFF),
            // Lambda's FATAL has no equal here.
            "error" | "fatal" => Ok(LevelFilter::ERROR),
            "warn" => Ok(LevelFilter::WARN),
            "info" => Ok(LevelFilter::INFO),
            "debug" => Ok(LevelFilter::DEBUG),
            "trace" => Ok(LevelFilter::TRACE),
            _ => Err(Unset::Unusable { name, value, put: "one of off, error, warn, info, debug, trace" }),
        };
    }
    Ok(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "canary-secret"),
        ("AWS_SESSION_TOKEN", "canary-token"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Unset> {
        Environment::read(|name| {
            variables.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn with(more: &[(&'static str, &'static str)]) -> Result<Environment, Unset> {
        read(&[&KEYS, more].concat())
    }

    #[test]
    fn lambda_alone_suffices() {
        let environment = with(&[]).unwrap();
        assert_eq!(environment.table, "tenantry");
        assert_eq!(environment.region, "eu-west-1");
        assert_eq!(environment.endpoint, None);
        assert_eq!(environment.credentials.session_token.as_deref(), Some("canary-token"));
        assert_eq!(environment.ca_bundle, None);
        assert_eq!(environment.claims, None);
        assert_eq!(environment.log_level, LevelFilter::INFO);
    }

    #[test]
    fn a_table_on_this_machine_needs_neither_keys_nor_region() {
        for url in ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000/", "https://localhost/x"] {
            let environment = read(&[("AWS_ENDPOINT_URL", url)]).unwrap();
            assert_eq!(environment.endpoint.as_deref(), Some(url));
            assert_eq!(environment.region, "us-east-1");
        }
        for url in ["http://127.0.0.1.example", "http://localhost.example:80", "https://db.example"] {
            assert!(read(&[("AWS_ENDPOINT_URL", url)]).is_err(), "{url}");
        }
    }

    #[test]
    fn the_narrower_variable_wins() {
        let environment = with(&[
            ("AWS_ENDPOINT_URL", "http://a"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://b"),
            ("AWS_LAMBDA_LOG_LEVEL", "DEBUG"),
            ("TENANTRY_LOG", "Warn"),
            ("TENANTRY_TABLE", ""),
        ]);
        let environment = environment.unwrap();
        assert_eq!(environment.endpoint.as_deref(), Some("http://b"));
        assert_eq!(environment.log_level, LevelFilter::WARN);
        assert_eq!(environment.table, "tenantry");
        assert_eq!(with(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]).unwrap().log_level, LevelFilter::ERROR);
    }

    #[test]
    fn an_error_names_the_variable_and_what_to_put_there() {
        for (variables, expected) in [
            (vec![], "AWS_REGION is not set. Put the table's Region, such as eu-west-1, there."),
            (
                KEYS[..2].to_vec(),
                "AWS_SECRET_ACCESS_KEY is not set. Put a key that may read and write the table (Lambda sets it by itself) \
                 there.",
            ),
            (
                vec![("AWS_ENDPOINT_URL", "127.0.0.1:8000")],
                "AWS_ENDPOINT_URL is \"127.0.0.1:8000\". Put a URL, such as http://127.0.0.1:8000, or nothing there.",
            ),
            (
                [&KEYS[..], &[("TENANTRY_TABLE", "a table")]].concat(),
                "TENANTRY_TABLE is \"a table\". Put the name or ARN of the DynamoDB table there.",
            ),
            (
                [&KEYS[..], &[("TENANTRY_LOG", "loud")]].concat(),
                "TENANTRY_LOG is \"loud\". Put one of off, error, warn, info, debug, trace there.",
            ),
        ] {
            let error = read(&variables).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert_eq!(format!("{error:?}"), expected);
        }
    }

    #[test]
    fn code_keys_are_asked_for_by_whoever_needs_them_and_never_shown() {
        const KEY: &str = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmFyeSE=";
        let said = |result: Result<CodeKeys, Unset>| result.map(drop).map_err(|error| error.to_string());
        let missing = "TENANTRY_CODE_KEY is not set. Put 32 random bytes as base64 (`openssl rand -base64 32`) there.";
        assert_eq!(said(with(&[]).unwrap().challenge.keys()), Err(missing.to_owned()));
        let both = with(&[("TENANTRY_CODE_KEY", KEY), ("TENANTRY_CODE_KEY_PREVIOUS", KEY)]).unwrap();
        assert!(both.challenge.keys().is_ok());
        assert!(!format!("{both:?}").contains("canary") && !format!("{both:?}").contains(KEY));
        let short = with(&[("TENANTRY_CODE_KEY", "c2VjcmV0LWNhbmFyeQ==")]).unwrap_err().to_string();
        assert!(short.starts_with("TENANTRY_CODE_KEY is \"(not shown)\". Put 32 random bytes"), "{short}");
    }

    #[test]
    fn mail_has_a_sender_and_somewhere_to_go_for_nobody() {
        let settings = with(&[]).unwrap().challenge;
        assert!(settings.mail_from().unwrap_err().to_string().starts_with("TENANTRY_MAIL_FROM is not set."));
        assert_eq!(settings.mail_nowhere.as_ref(), "success@simulator.amazonses.com");
        assert!(with(&[("TENANTRY_MAIL_NOWHERE", "nowhere")]).is_err());
        let settings = with(&[("TENANTRY_MAIL_FROM", "A <a@a.example>"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
        let settings = settings.unwrap().challenge;
        assert_eq!(settings.mail_from().unwrap(), "A <a@a.example>");
        assert_eq!(settings.mail_endpoint.as_deref(), Some("http://127.0.0.1:1"));
        for minutes in ["0", "16", "five"] {
            assert!(with(&[("TENANTRY_CODE_MINUTES", minutes)]).is_err(), "{minutes}");
        }
    }

    #[test]
    fn keys_are_not_shown() {
        assert!(!format!("{:?}", with(&[]).unwrap()).contains("canary"));
    }

    #[test]
    fn a_process_started_by_hand_is_told_so() {
        let error = started_by_lambda(|_| None).unwrap_err();
        assert!(error.to_string().starts_with("AWS_LAMBDA_RUNTIME_API is not set: this program is a Lambda function."));
        assert!(started_by_lambda(|_| Some("1".to_owned())).is_ok());
        assert!(started_by_lambda(|_| Some("much".to_owned())).is_err());
    }
}
