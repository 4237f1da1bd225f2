//! What was found at a user pool, each finding with the steps that would put it right.

use domain::{Client, MemberId, Person, PoolId, Sub, TenantId, UserName};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Finding, Fixed, Severity};

/// A finding, and what would put it right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What `--fix` would do, in this order; each step looks again before it acts.
    #[serde(rename = "plan", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ends the membership of somebody whose user is deleted; bars nobody.
    FreeSeat {
        /// Who is gone.
        person: Person,
        /// From which tenant.
        tenant: TenantId,
        /// As whom.
        member: MemberId,
    },
    /// Deletes a user who never confirmed.
    ForgetUser {
        /// Of which pool.
        pool: PoolId,
        /// By which name the API calls them.
        user_name: UserName,
        /// Who.
        sub: Sub,
        /// Only if they are from before.
        before: Timestamp,
    },
    /// Brings an app client's settings in line with its tenant's policy, as the table has it by then.
    AlignClient {
        /// Which client.
        client: Client,
        /// Whose.
        tenant: TenantId,
    },
}

impl std::fmt::Display for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FreeSeat { tenant, member, .. } => write!(out, "end the membership {member} in {tenant}"),
            Self::ForgetUser { pool, sub, before, .. } => {
                write!(out, "delete the user {sub} of {pool}, if still unconfirmed and of before {before:.0}")
            }
            Self::AlignClient { client, .. } => {
                write!(out, "bring the settings of {}:{} in line with its tenant's policy", client.pool, client.id)
            }
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// What was looked at in user pools, and found.
#[derive(Debug, Default, Serialize)]
pub struct PoolHealth {
    /// The pools that were looked at.
    pub pools: Vec<String>,
    /// Their app clients.
    pub clients: u64,
    /// Their users.
    pub users: u64,
    /// People of these pools who are members, are suspended or wait for an approval somewhere.
    pub members: u64,
    /// Findings, the worst first.
    #[serde(rename = "findings")]
    pub cases: Vec<Case>,
}

impl PoolHealth {
    /// How much is left that keeps people out, lets them around a policy or is counted wrongly.
    pub fn problems(&self) -> usize {
        let left = |case: &&Case| case.finding.severity == Severity::Problem && case.finding.fix != Fixed::Done;
        self.cases.iter().filter(left).count()
    }

    /// Everything that there is to do.
    pub fn plan(&self) -> impl Iterator<Item = &Step> {
        self.cases.iter().flat_map(|case| &case.steps)
    }

    /// The worst first.
    pub fn sort(&mut self) {
        self.cases.sort_by(|one, other| {
            let order = |case: &Case| (std::cmp::Reverse(case.finding.severity), case.finding.code);
            order(one).cmp(&order(other)).then_with(|| one.finding.target.cmp(&other.finding.target))
        });
    }

    pub(super) fn note(&mut self, code: &'static str, target: &impl ToString, message: impl Into<String>) {
        self.add(Severity::Note, code, target, message.into(), Vec::new());
    }

    pub(super) fn problem(&mut self, code: &'static str, target: &impl ToString, message: impl Into<String>) {
        self.add(Severity::Problem, code, target, message.into(), Vec::new());
    }

    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        target: &impl ToString,
        message: String,
        steps: Vec<Step>,
    ) {
        let fix = if steps.is_empty() { Fixed::No } else { Fixed::Possible };
        self.cases.push(Case { finding: Finding { code, severity, target: target.to_string(), message, fix }, steps });
    }
}
