//! The grammar of `tenantctl doctor`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use domain::PoolId;
use domain::claims::ClaimName;
use jiff::SignedDuration;
use pool::survey::Trigger;

use crate::named::duration;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Put right what can be put right without deciding anything for anybody
    #[arg(long)]
    pub(crate) fix: bool,
    /// Hold this user pool, or every one that the table knows, against the table
    #[arg(long, value_name = "POOL", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap's way to say: an option whose value may be left out")]
    pub(crate) pool: Option<Option<PoolId>>,
    #[command(flatten)]
    pub(crate) examination: OfPool,
    /// With --fix: show the plan, and change nothing
    #[arg(long, requires_all = ["pool", "fix"])]
    pub(crate) dry_run: bool,
    /// With --fix: do what was shown without asking
    #[arg(long, requires_all = ["pool", "fix"])]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OfPool {
    /// Users who signed up longer ago and never confirmed are told of; a day at least
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration, requires = "pool")]
    pub(crate) unconfirmed_older_than: SignedDuration,
    /// Our functions' names begin so [default: any that contain their trigger's name]
    #[arg(long, value_name = "PREFIX", requires = "pool", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) functions_prefix: Option<String>,
    /// This function is ours, whatever it is called: pre-sign-up=ARN; may be repeated
    #[arg(long = "trigger", value_name = "TRIGGER=ARN", requires = "pool", value_parser = trigger)]
    pub(crate) triggers: Vec<(Trigger, String)>,
    /// A claim that the triggers set, if `TENANTRY_CLAIMS` names other than the usual ones; may be repeated
    #[arg(long = "claim", value_name = "NAME", requires = "pool")]
    pub(crate) claims: Vec<ClaimName>,
}

fn trigger(text: &str) -> Result<(Trigger, String), String> {
    let (name, arn) = text.split_once('=').ok_or("write TRIGGER=ARN")?;
    let names = Trigger::OURS.map(Trigger::name).join(", ");
    let trigger = Trigger::OURS.into_iter().find(|trigger| trigger.name() == name);
    let trigger = trigger.ok_or_else(|| format!("the trigger is one of {names}"))?;
    if arn.starts_with("arn:") { Ok((trigger, arn.to_owned())) } else { Err("the ARN begins with arn:".to_owned()) }
}
