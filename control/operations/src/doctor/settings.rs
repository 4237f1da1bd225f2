//! A pool's own settings, held against what the table's tenants ask for.

use std::collections::BTreeMap;

use domain::PoolId;
use pool::survey::{PoolFacts, PreTokenVersion, Trigger};

use super::{PoolHealth, Severity};

/// Which functions are ours. Unless something is said, a function is ours if its name contains its trigger's, however that is
/// written: `tenantry-pre-sign-up`, `Stack-PreSignUp8A1B`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Functions {
    /// Our functions' names begin so.
    pub prefix: Option<String>,
    /// These functions and no others, by ARN.
    pub exactly: BTreeMap<Trigger, String>,
}

impl Functions {
    fn are(&self, trigger: Trigger, arn: &str) -> bool {
        if let Some(expected) = self.exactly.get(&trigger) {
            return expected == arn;
        }
        let name = function_name(arn);
        self.prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
            && plain(name).contains(&plain(trigger.name()))
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, perhaps with a version or an alias behind it.
fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// What the table asks of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// A tenant asks for more than a password.
    pub(super) codes: bool,
    /// Machines sign in here.
    pub(super) machines: bool,
    /// The provider of a tenant is believed.
    pub(super) providers: bool,
}

pub(super) fn judge(pool: &PoolId, facts: &PoolFacts, asked: Asked, ours: &Functions, health: &mut PoolHealth) {
    judge_triggers(pool, facts, asked, ours, health);
    judge_addresses(pool, facts, health);
    if asked.codes && facts.mfa_required {
        let message = "asks everybody for a second factor of Cognito's own, while a tenant here asks for a code by e-mail: \
                       people without that factor cannot sign in. Make it optional: Authentication > Sign-in > \
                       Multi-factor authentication in the console, or `aws cognito-idp set-user-pool-mfa-config`";
        health.problem("MFA_BESIDE_CHAIN", pool, message);
    }
    if asked.codes && facts.remembers_devices {
        let message = "remembers devices, while a tenant here asks for a code: Cognito asks a remembered device for none, so its \
                       people are refused. Set Authentication > Sign-in > Device tracking to \"Don't remember\"";
        health.problem("DEVICES_BESIDE_CHAIN", pool, message);
    }
}

fn judge_triggers(pool: &PoolId, facts: &PoolFacts, asked: Asked, ours: &Functions, health: &mut PoolHealth) {
    for trigger in Trigger::OURS {
        let needed = asked.codes || !trigger.is_challenge();
        let target = format!("{pool}:{}", trigger.name());
        match facts.triggers.get(&trigger) {
            None if needed => {
                health.problem("TRIGGER_EMPTY", &target, "no function is in this slot: Extensions > Lambda triggers");
            }
            Some(arn) if !ours.are(trigger, arn) => {
                let severity = if needed { Severity::Problem } else { Severity::Note };
                let message = format!(
                    "another function is in this slot: {arn}. If it is ours under another name, say so with --trigger {}=ARN",
                    trigger.name()
                );
                health.add(severity, "TRIGGER_FOREIGN", &target, message, Vec::new());
            }
            _ => {}
        }
    }
    for (trigger, what) in [
        (Trigger::UserMigration, "writes whole users, verified addresses among it"),
        (Trigger::InboundFederation, "rewrites what providers say of people, addresses among it"),
    ] {
        if let Some(arn) = facts.triggers.get(&trigger) {
            let message = format!("{arn} {what}: memberships rest on what it proves");
            health.note("TRIGGER_TRUSTED", &format!("{pool}:{}", trigger.name()), message);
        }
    }
    match facts.pre_token_version {
        Some(version) if asked.machines && version < PreTokenVersion::V3 => {
            let message = "machines are bound here, and below version 3 their tokens fire no trigger: they are issued without a tenant \
                           and whatever the table says. Set the trigger event version to \"Basic features + access token \
                           customization for user and M2M\"";
            health.problem("PRE_TOKEN_VERSION", pool, message);
        }
        Some(PreTokenVersion::V1) if asked.codes => {
            let message = "pre token generation is of version 1, which cannot suppress scopes, while a tenant here asks for a code: with \
                           any access token somebody can edit the account and move it to another mailbox, to which the codes then go. \
                           Set the trigger event version to \"Basic features + access token customization\"";
            health.problem("PRE_TOKEN_VERSION", pool, message);
        }
        Some(PreTokenVersion::V1) if asked.providers => {
            let message = "pre token generation is of version 1, which cannot suppress scopes, while the provider of a tenant is believed \
                           here: with any access token its people can edit the account and give it another address of the company, \
                           which counts as the provider's word unless a changed address is verified first. Set the trigger event \
                           version to \"Basic features + access token customization\"";
            health.problem("PRE_TOKEN_VERSION", pool, message);
        }
        Some(PreTokenVersion::V1) => {
            let message =
                "pre token generation is of version 1: access tokens say nothing of the tenant and keep their scopes";
            health.note("PRE_TOKEN_VERSION", pool, message);
        }
        _ => {}
    }
}

pub(crate) fn judge_addresses(pool: &PoolId, facts: &PoolFacts, health: &mut PoolHealth) {
    if !facts.verifies_addresses {
        let message = "does not verify addresses at sign-up, so nobody joins by one. Choose \"Send email message, verify email \
                       address\" under Authentication > Sign-up";
        health.problem("ADDRESS_NEVER_VERIFIED", pool, message);
    }
    if !facts.verifies_before_update {
        // UpdateUserPool resets whatever it is not given, and cannot be given everything that a pool has: nothing is risked here.
        let message = "a changed address counts at once, unverified: its owner is refused and can no longer verify it; and whoever \
                       comes by a tenant's provider, with a token that may edit the account, is believed any address of the company. \
                       Turn on \"Keep original attribute value active when an update is pending\" for e-mail, under Authentication > Sign-up";
        health.problem("ADDRESS_CHANGE_UNVERIFIED", pool, message);
    }
    if facts.confirms_by_link {
        let message = "confirms sign-ups by a link: who registers somebody else's address waits for one careless click. Choose \
                       \"Code\" under Authentication > Authentication methods > Message templates > Verification message";
        health.problem("CONFIRMS_BY_LINK", pool, message);
    }
    if !facts.address_is_user_name {
        let how = if facts.address_is_alias { "an alias that moves between users" } else { "no user name" };
        let message = format!("people choose their user names, and the address is {how}; fixed when the pool was made");
        health.note("USER_NAMES_CHOSEN", pool, message);
    }
    if facts.case_sensitive {
        let message = "two spellings of one address are two users here; fixed when the pool was made";
        health.note("CASE_SENSITIVE", pool, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_ours_by_its_name_however_that_is_written() {
        let arn = |name: &str| format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}");
        let any = Functions::default();
        let ours = Functions { prefix: Some("tenantry-".to_owned()), ..Functions::default() };
        let exact = Functions { exactly: [(Trigger::PreSignUp, arn("gate"))].into(), ..Functions::default() };
        for (functions, name, expected) in [
            (&any, "pre-sign-up", true),
            (&any, "tenantry-pre-sign-up:live", true),
            (&any, "Stack-PreSignUp8A1B2C3D-xyz", true),
            (&any, "pre_sign_up", true),
            (&any, "post-confirmation", false),
            (&any, "audit", false),
            (&ours, "tenantry-pre-sign-up", true),
            (&ours, "other-pre-sign-up", false),
            (&ours, "tenantry-post-confirmation", false),
            (&exact, "gate", true),
            (&exact, "pre-sign-up", false),
        ] {
            assert_eq!(functions.are(Trigger::PreSignUp, &arn(name)), expected, "{name}, {functions:?}");
        }
    }
}
