//! The grammar of `tenantctl attach` and `tenantctl detach`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use domain::PoolId;
use pool::attach::{FunctionArn, Reading};
use pool::survey::{PreTokenVersion, Trigger};

/// A list of slots, for example `pre-sign-up,post-confirmation`.
#[derive(Debug, Clone)]
pub(crate) struct SlotList(pub(crate) Vec<Trigger>);

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, not a state")]
#[derive(Debug, Args)]
pub(crate) struct Attach {
    #[command(flatten)]
    pub(crate) of: AttachedPool,
    /// Attach: without it, only what would be done is shown
    #[arg(long, conflicts_with = "plan")]
    pub(crate) apply: bool,
    /// Show what would be done, and change nothing (so it is without --apply)
    #[arg(long)]
    pub(crate) plan: bool,
    /// Attach without asking
    #[arg(long, requires = "apply")]
    pub(crate) yes: bool,
    /// Only these slots, by our functions' names: pre-sign-up,pre-token-generation
    #[arg(long, value_name = "SLOT,…", value_parser = slots)]
    pub(crate) only: Option<SlotList>,
    /// The version of the event that pre token generation gets [default: v1 on the Lite plan, else v2]
    #[arg(long, value_name = "VERSION")]
    pub(crate) pre_token: Option<Version>,
    /// Attach although app clients enforce from the first moment
    #[arg(long)]
    pub(crate) enforced: bool,
    /// Do not call each function once before its slot is set
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// How many users to count: a number, all or none
    #[arg(long, value_name = "NUMBER", default_value = "20000", value_parser = reading)]
    pub(crate) users: Reading,
    /// A user's attribute to count beside those that are called like a tenant, for example custom:plan; may be repeated
    #[arg(long = "attribute", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) attributes: Vec<String>,
    /// Print the lines for these tools; all unless one is named
    #[arg(long, value_name = "TOOL")]
    pub(crate) snippets: Option<SnippetsOf>,
}

#[derive(Debug, Args)]
pub(crate) struct Detach {
    #[command(flatten)]
    pub(crate) of: AttachedPool,
    /// Show what would be done, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) plan: bool,
    /// Detach without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Which pool, and which functions are ours.
#[derive(Debug, Args)]
pub(crate) struct AttachedPool {
    /// The user pool
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: PoolId,
    /// Our functions are called PREFIX-pre-sign-up and so on
    #[arg(long, value_name = "PREFIX", default_value = "tenantry", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) functions_prefix: String,
    /// By this alias; `none` names what was deployed last
    #[arg(long, value_name = "ALIAS", default_value = "live", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) alias: String,
    /// This function instead: pre-sign-up=ARN, with :ALIAS behind it if there is one; may be repeated
    #[arg(long = "trigger", value_name = "TRIGGER=ARN", value_parser = function)]
    pub(crate) triggers: Vec<(Trigger, FunctionArn)>,
    /// Another endpoint than AWS's for Lambda
    #[arg(long, env = "AWS_ENDPOINT_URL_LAMBDA", value_name = "URL", conflicts_with = "local")]
    pub(crate) lambda_endpoint_url: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Version {
    /// The ID token alone
    V1,
    /// The access token too
    V2,
    /// Machines too
    V3,
}

impl From<Version> for PreTokenVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::V1 => Self::V1,
            Version::V2 => Self::V2,
            Version::V3 => Self::V3,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SnippetsOf {
    /// The AWS CDK
    Cdk,
    /// Terraform
    Terraform,
    /// The AWS CLI
    Cli,
    /// None
    None,
}

fn trigger(name: &str) -> Result<Trigger, String> {
    let names = Trigger::OURS.map(Trigger::name).join(", ");
    let found = Trigger::OURS.into_iter().find(|trigger| trigger.name() == name);
    found.ok_or_else(|| format!("the slot is one of {names}"))
}

fn slots(text: &str) -> Result<SlotList, String> {
    text.split(',').map(trigger).collect::<Result<Vec<_>, _>>().map(SlotList)
}

fn function(text: &str) -> Result<(Trigger, FunctionArn), String> {
    let (name, arn) = text.split_once('=').ok_or("write TRIGGER=ARN")?;
    Ok((trigger(name)?, arn.parse()?))
}

fn reading(text: &str) -> Result<Reading, String> {
    match text {
        "all" => Ok(Reading::Everybody),
        "none" | "0" => Ok(Reading::Nobody),
        number => number.parse().map(Reading::AtMost).map_err(|_| "a number, all or none".to_owned()),
    }
}
