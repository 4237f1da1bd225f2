#![doc = include_str!("../README.md")]

mod cache;
mod claims;
mod fetch;
mod keys;
mod lease;
mod refusal;
mod session;
mod sessions;
mod tenant;
mod token;
mod verifier;

pub use fetch::AddressRefused;
pub use keys::{FetchError, Keys};
pub use refusal::{SessionError, TokenRefused};
pub use session::TenantSession;
pub use sessions::{Misconfigured, TenantSessions};
pub use tenant::{TenantId, Unreadable};
pub use token::VerifiedIdToken;
pub use verifier::Verifier;

/// What clients are made from, of `aws-types`: a service that names it here has the version that this crate has.
pub use aws_types::SdkConfig;
