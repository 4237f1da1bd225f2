//! Attaching our functions to a pool that exists already, and detaching them, so that nobody is locked out on the way.
//!
//! The order is what keeps people in. *Attach*: the table lets unbound clients pass, then each function may be called by the pool, then
//! each is called once as the pool would, then functions, clients and pool are looked at anew (they must be what was shown), and the pool is
//! written, then everything is read once more and compared. *Detach*: the slots first, by Cognito alone, then the permissions and the record,
//! as far as Lambda and the table can be had: what broke must not be what the way back needs. Each step may be the last one that happens;
//! the same command again finishes.

mod apply;
mod detach;
mod error;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use domain::{ClientId, PoolId};
use pool::Cognito;
use pool::attach::{Allowed, Census, FunctionArn, Lambda, OtherSlot, PoolSettings, Reading, Slots, Snippets};
use pool::survey::{PreTokenVersion, Trigger};
use serde::Serialize;

pub use apply::Attached;
pub use detach::{DetachPlan, Detached};
pub use error::AttachError;

use crate::doctor::Case;

/// What asks AWS.
#[derive(Debug, Clone, Copy)]
pub struct Adopting<'a> {
    /// The user pools.
    pub cognito: &'a Cognito,
    /// The functions.
    pub lambda: &'a Lambda,
}

/// Which functions are ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurFunctions {
    /// They are called `<prefix>-<trigger>`.
    pub prefix: String,
    /// By this alias; none: whatever was deployed last.
    pub alias: Option<String>,
    /// These instead.
    pub exactly: BTreeMap<Trigger, FunctionArn>,
}

impl OurFunctions {
    /// The function for a slot of this pool.
    pub(crate) fn of(&self, trigger: Trigger, pool: &PoolSettings) -> FunctionArn {
        self.exactly.get(&trigger).cloned().unwrap_or_else(|| {
            let name = format!("{}-{}", self.prefix, trigger.name());
            FunctionArn::beside(pool, &name, self.alias.as_deref())
        })
    }
}

/// What is to be attached, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachWish {
    /// To which pool.
    pub pool: PoolId,
    /// Which functions.
    pub functions: OurFunctions,
    /// Only these slots; none: all six.
    pub only: BTreeSet<Trigger>,
    /// The version of the pre token generation event; none: as it is where it is ours, else by the pool's feature plan.
    pub version: Option<PreTokenVersion>,
    /// Clients that enforce from the first moment are meant to.
    pub enforced: bool,
    /// Functions are called once before anybody's sign-in depends on them.
    pub probe: bool,
    /// Users' attributes to count beside those that are called like a tenant.
    pub attributes: Vec<String>,
    /// How many users to count.
    pub reading: Reading,
    /// How to call this command line in what is printed: with whatever says which table.
    pub tenantctl: String,
    /// What looks at the pool once more, in what is printed.
    pub look: String,
}

/// How one of our slots is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Nobody is in it.
    Free,
    /// The function that is wanted is in it.
    Ours,
    /// Our function is in it, by another alias or version, or told another version of the event.
    OursOtherwise,
    /// Somebody else's function is in it.
    Occupied,
}

/// How a function of ours is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "why")]
pub enum FunctionState {
    /// It can be called.
    Ready,
    /// There is none.
    Missing,
    /// It cannot run.
    NotReady(String),
    /// It is in another Region than the pool, which Cognito cannot call.
    Elsewhere,
    /// Lambda could not be asked.
    Unknown(String),
}

/// One of our slots, and what becomes of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotPlan {
    /// Its name in `LambdaConfig`.
    pub slot: &'static str,
    /// Our function's name for it.
    #[serde(serialize_with = "name_of")]
    pub trigger: Trigger,
    /// How it is.
    pub slot_state: SlotState,
    /// Who is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupant: Option<String>,
    /// The version of the event that the occupant is told, of pre token generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_version: Option<&'static str>,
    /// The occupant is named by `PreTokenGeneration` alone, as long ago.
    pub legacy: bool,
    /// Our function for it.
    #[serde(serialize_with = "text_of")]
    pub function: FunctionArn,
    /// How that is.
    pub function_state: FunctionState,
    /// What its policy says to the pool, if it could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<Allowed>,
    /// It will be set.
    pub set: bool,
    /// The pool will be let in first.
    pub permit: bool,
    #[serde(skip)]
    pub(crate) ours_in_policy: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn name_of<S: serde::Serializer>(trigger: &Trigger, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(trigger.name())
}

fn text_of<S: serde::Serializer>(function: &FunctionArn, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(function)
}

/// The app clients of the pool, by what happens there once the slots are set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClientsPlan {
    /// How many there are.
    pub all: usize,
    /// Bound, and observed: everybody passes unchanged.
    pub observed: usize,
    /// Never bound: everybody passes unchanged while the pool lets them.
    pub never_bound: usize,
    /// Bound and enforced, or of a dedicated pool: whoever is no member there is refused at once.
    pub enforced: Vec<String>,
    /// Unbound by somebody: everybody is refused at once.
    pub denied: Vec<String>,
}

/// Who can write an attribute of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Writers {
    /// Which attribute.
    pub attribute: String,
    /// The first of the app clients through which everybody can.
    pub clients: Vec<String>,
}

/// Why `--apply` would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// A stable code.
    pub code: &'static str,
    /// What is in the way.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What was read, what would be done, and what is in the way.
#[derive(Debug, Clone, Serialize)]
pub struct AttachPlan {
    /// The pool.
    pub pool: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `LITE`, `ESSENTIALS`, `PLUS`.
    pub feature_plan: String,
    /// The version of the event that pre token generation will be told.
    pub event_version: &'static str,
    /// Our six slots.
    pub slots: Vec<SlotPlan>,
    /// Everything else in `LambdaConfig`, which stays.
    pub kept: Vec<OtherSlot>,
    /// The app clients.
    pub clients: ClientsPlan,
    /// Whether the table lets clients pass that were never bound.
    pub observes_unbound: bool,
    /// Whether it will be told to.
    pub observe_unbound: bool,
    /// What the doctor says of the pool's settings.
    pub findings: Vec<Case>,
    /// The users.
    pub users: Census,
    /// Who can write the attributes that may name a tenant.
    pub writers: Vec<Writers>,
    /// What else to know.
    pub notes: Vec<String>,
    /// Why it would not be done.
    pub obstacles: Vec<Obstacle>,
    /// The same by other tools.
    pub snippets: Snippets,
    #[serde(skip)]
    pub(crate) settings: PoolSettings,
    #[serde(skip)]
    pub(crate) target: Slots,
    #[serde(skip)]
    pub(crate) version: PreTokenVersion,
    #[serde(skip)]
    pub(crate) observed: Option<ClientId>,
    #[serde(skip)]
    pub(crate) dedicated: bool,
}

impl AttachPlan {
    /// The update that brings back the pool as it was read.
    pub fn restore(&self) -> String {
        format!("{:#}", self.settings.restore())
    }

    /// Whether a slot will be set.
    pub fn sets(&self) -> bool {
        self.slots.iter().any(|slot| slot.set)
    }

    /// Whether second factors and passkeys are compared afterwards.
    pub const fn knows_factors(&self) -> bool {
        self.settings.knows_factors()
    }

    /// Whether there is anything to do.
    pub fn is_done(&self) -> bool {
        !self.observe_unbound && self.slots.iter().all(|slot| !slot.set && !slot.permit)
    }
}
