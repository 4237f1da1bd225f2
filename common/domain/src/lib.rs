//! What Tenantry knows about tenants, people and addresses, and what it decides: pure, synchronous and total.
//!
//! Nouns parse at the door and hold their invariants; decisions ([`sign_up`], [`enrol`], [`access`], [`claims`], [`challenge`]) are plain
//! functions from facts to an answer. No async, no AWS, no JSON, no clock: whoever calls brings the facts and the time.

pub mod access;
pub mod account;
pub mod catalogue;
pub mod challenge;
pub mod claims;
pub mod client;
pub mod email;
pub mod enrol;
pub mod id;
pub mod invitation;
pub mod mailbox;
pub mod membership;
pub mod ownership;
pub mod proof;
pub mod provider;
pub mod refusal;
pub mod role;
pub mod sign_up;
pub mod standing;
pub mod tenant;
pub mod unseen;

pub use account::{Account, Identities, Identity};
pub use catalogue::{Catalogue, RoleGrant};
pub use client::{Binding, Client, ClientKind, Groups, Mode, NO_CLIENT, Pool};
pub use email::{DomainName, Email};
pub use id::{Actor, ClientId, Invalid, MemberId, Person, PoolId, Slug, Sub, TenantId, UserName};
pub use invitation::{Invitation, InvitationDigest, InvitationState, InvitationToken, Inviter, Terms};
pub use mailbox::{Bar, BarReason, Holder, Mailbox, MailboxKey};
pub use membership::{Membership, MembershipStatus, Origin};
pub use ownership::DomainOwner;
pub use proof::{MailboxProof, NoProof};
pub use provider::{Provider, ProviderKind, ProviderName};
pub use refusal::Refusal;
pub use role::{Ceiling, Rank, Role, Roles};
pub use tenant::{Chain, JoinMode, Policy, Tenant, TenantStatus, Tier};
