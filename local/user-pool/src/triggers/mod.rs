//! The functions that a pool calls: one file per trigger, each with its event and what its response changes.

pub(crate) mod challenge;
pub(crate) mod create_auth_challenge;
pub(crate) mod define_auth_challenge;
mod event;
pub(crate) mod invoke;
pub(crate) mod post_confirmation;
pub(crate) mod pre_sign_up;
pub(crate) mod pre_token_generation;
pub(crate) mod verify_auth_challenge;

use std::collections::BTreeMap;

/// `ClientMetadata`: hints of the caller.
pub(crate) type Metadata = BTreeMap<String, String>;

/// What `callerContext.clientId` says where an administrator acts and no app client is involved.
pub(crate) const NO_CLIENT: &str = "CLIENT_ID_NOT_APPLICABLE";
