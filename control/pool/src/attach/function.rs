//! A function of ours in Lambda: whether it is there and ready, and who may call it.

use std::str::FromStr;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{Builder, Region};
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use domain::PoolId;

use super::{Allowed, PoolSettings, allowed};

/// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`, perhaps with an alias or a version behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionArn {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The Region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The function.
    pub name: String,
    /// An alias or a version. Without one it is whatever was deployed last.
    pub qualifier: Option<String>,
}

impl FromStr for FunctionArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let (["arn", partition, "lambda", region, account, "function", name], rest) =
            parts.split_at_checked(7).ok_or_else(not_an_arn)?
        else {
            return Err(not_an_arn());
        };
        let qualifier = match rest {
            [] => None,
            [qualifier] if !qualifier.is_empty() => Some((*qualifier).to_owned()),
            _ => return Err(not_an_arn()),
        };
        if [partition, region, account, name].into_iter().any(|part| part.is_empty()) {
            return Err(not_an_arn());
        }
        let owned = |text: &&str| (*text).to_owned();
        let (partition, region) = (owned(partition), owned(region));
        Ok(Self { partition, region, account: owned(account), name: owned(name), qualifier })
    }
}

fn not_an_arn() -> String {
    "a function's ARN is arn:aws:lambda:REGION:ACCOUNT:function:NAME, with :ALIAS behind it if there is one".to_owned()
}

impl std::fmt::Display for FunctionArn {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { partition, region, account, name, qualifier } = self;
        write!(out, "arn:{partition}:lambda:{region}:{account}:function:{name}")?;
        qualifier.as_ref().map_or(Ok(()), |qualifier| write!(out, ":{qualifier}"))
    }
}

impl FunctionArn {
    /// The function of this name in a pool's Region and account.
    pub fn beside(pool: &PoolSettings, name: &str, qualifier: Option<&str>) -> Self {
        let part = |at: usize| pool.arn.split(':').nth(at).unwrap_or_default().to_owned();
        let qualifier = qualifier.map(str::to_owned);
        Self { partition: part(1), region: part(3), account: part(4), name: name.to_owned(), qualifier }
    }

    /// The same function, whatever alias or version.
    pub fn is_of(&self, arn: &str) -> bool {
        arn.parse::<Self>()
            .is_ok_and(|other| Self { qualifier: None, ..other } == Self { qualifier: None, ..self.clone() })
    }

    fn unqualified(&self) -> String {
        Self { qualifier: None, ..self.clone() }.to_string()
    }
}

/// How a call to Lambda fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The credentials may not.
    #[error("the AWS credentials do not allow {0}")]
    NotAllowed(&'static str),
    /// Lambda refuses, or no answer came. Whether the operation was done is not known.
    #[error("{call} of {function} failed: {cause}")]
    Failed {
        /// The API's operation.
        call: &'static str,
        /// Which function.
        function: String,
        /// The error's code and words, or the kind of failure.
        cause: String,
    },
}

/// How a function stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none of this name, or it has no such alias.
    Missing,
    /// It cannot run: what Lambda says of it.
    NotReady(String),
    /// It can run, and a pool may call it or not.
    Ready(Permission),
}

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// What its policy says to the pool.
    pub allowed: Allowed,
    /// Whether there is a statement of ours for the pool.
    pub ours: bool,
}

/// The id of our statement for a pool in a function's policy.
fn statement(pool: &PoolId) -> String {
    format!("tenantry-{pool}")
}

/// Sends a request about a function, in its Region. The SDK's requests have these methods in common, and no trait.
macro_rules! send {
    ($request:expr, $function:expr) => {
        $request
            .function_name($function.unqualified())
            .set_qualifier($function.qualifier.clone())
            .customize()
            .config_override(in_region($function))
            .send()
            .await
    };
}

/// Looks a function up.
pub async fn standing(lambda: &Client, function: &FunctionArn, pool: &PoolSettings) -> Result<Standing, FunctionError> {
    let asked = send!(lambda.get_function_configuration(), function);
    let Some(found) = there("lambda:GetFunctionConfiguration", function, asked)? else { return Ok(Standing::Missing) };
    // A function that nobody called for long is `Inactive`: the first call fails while it wakes up, and would be somebody's sign-in.
    if matches!(found.state, Some(State::Failed | State::Pending | State::Inactive))
        || found.last_update_status == Some(LastUpdateStatus::Failed)
    {
        let state = found.state.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = found.state_reason.or(found.last_update_status_reason).unwrap_or_else(|| {
            let asleep = found.state == Some(State::Inactive);
            if asleep { "nobody called it for long; call it once (`aws lambda invoke`), which wakes it up" } else { "" }
                .to_owned()
        });
        return Ok(Standing::NotReady(format!("{state} {why}").trim().to_owned()));
    }
    Ok(Standing::Ready(permission(lambda, function, pool).await?))
}

async fn permission(lambda: &Client, function: &FunctionArn, pool: &PoolSettings) -> Result<Permission, FunctionError> {
    let asked = send!(lambda.get_policy(), function);
    let Some(found) = there("lambda:GetPolicy", function, asked)? else {
        // No policy.
        return Ok(Permission { allowed: Allowed::No, ours: false });
    };
    let policy = found.policy.unwrap_or_default();
    let sids: serde_json::Value = serde_json::from_str(&policy).unwrap_or_default();
    let sids = sids.get("Statement").and_then(serde_json::Value::as_array);
    let ours = statement(pool.pool());
    let ours = sids.into_iter().flatten().any(|one| one.get("Sid").is_some_and(|sid| *sid == ours.as_str()));
    Ok(Permission { allowed: allowed(&policy, &pool.arn, pool.account()), ours })
}

/// Lets the pool call a function, and makes sure that it may by then.
pub async fn permit(
    lambda: &Client,
    function: &FunctionArn,
    pool: &PoolSettings,
    now: Permission,
) -> Result<Permission, FunctionError> {
    const CALL: &str = "lambda:AddPermission";
    if now.ours {
        // A statement of this name that does not let the pool in: of a pool that was made anew, or changed by hand.
        forbid(lambda, function, pool.pool()).await?;
    }
    let request = lambda
        .add_permission()
        .statement_id(statement(pool.pool()))
        .action("lambda:InvokeFunction")
        .principal("cognito-idp.amazonaws.com")
        .source_arn(&pool.arn)
        .source_account(pool.account());
    match send!(request, function) {
        Ok(_) => {}
        // Somebody else did the same meanwhile, or an answer was lost and the SDK asked again.
        Err(error) if code(&error) == Some("ResourceConflictException") => {}
        Err(error) => return Err(failed(CALL, function, &error)),
    }
    permission(lambda, function, pool).await
}

/// Takes our statement for a pool out of a function's policy. Whether there was one.
pub async fn forbid(lambda: &Client, function: &FunctionArn, pool: &PoolId) -> Result<bool, FunctionError> {
    let sent = send!(lambda.remove_permission().statement_id(statement(pool)), function);
    Ok(there("lambda:RemovePermission", function, sent)?.is_some())
}

pub(super) fn in_region(function: &FunctionArn) -> Builder {
    Builder::new().region(Region::new(function.region.clone()))
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// An answer; `None`: Lambda says that what it was asked for is not there.
fn there<T, E: ProvideErrorMetadata, R>(
    call: &'static str,
    function: &FunctionArn,
    asked: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, FunctionError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failed(call, function, &error)),
    }
}

pub(super) fn failed<E: ProvideErrorMetadata, R>(
    call: &'static str,
    function: &FunctionArn,
    error: &SdkError<E, R>,
) -> FunctionError {
    let cause = match error {
        SdkError::ServiceError(service) => match service.err().code().unwrap_or("no code") {
            "AccessDeniedException" | "UnrecognizedClientException" | "InvalidSignatureException" => {
                return FunctionError::NotAllowed(call);
            }
            code => format!("{code}: {}", service.err().message().unwrap_or_default()),
        },
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
        _ => "a request that cannot be sent".to_owned(),
    };
    FunctionError::Failed { call, function: function.to_string(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_and_written_whole() {
        for text in [
            "arn:aws:lambda:eu-central-1:123456789012:function:tenantry-pre-sign-up",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:tenantry-pre-sign-up:live",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:$LATEST",
        ] {
            let arn: FunctionArn = text.parse().unwrap();
            assert_eq!(arn.to_string(), text);
            assert!(arn.is_of(text) && arn.is_of(&arn.unqualified()));
            assert!(!arn.is_of(&text.replace(":function:", ":function:x")));
        }
        for odd in [
            "",
            "tenantry-pre-sign-up",
            "arn:aws:lambda:eu-central-1:123456789012:layer:x",
            "arn:aws:lambda:eu-central-1:123456789012:function:",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:live:more",
            "arn:aws:s3:eu-central-1:123456789012:function:f",
        ] {
            assert!(odd.parse::<FunctionArn>().is_err(), "{odd}");
        }
    }
}
