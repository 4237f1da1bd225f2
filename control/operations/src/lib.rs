//! What operators, and later tenants' admins, can do: authorize, decide, commit in one conditional transaction, record the actor.
//!
//! Every change is read, decided and written over what was read; whoever loses a race reads and decides again, three times at
//! most. Repeating an operation that is done writes nothing. The command line today and a control API later are thin faces over
//! [`Operations`].
//!
//! ```no_run
//! # async fn example(operations: operations::Operations) -> Result<(), operations::OperationError> {
//! use operations::NewTenant;
//! let acme = operations.create_tenant(&NewTenant::new("acme".parse()?, "Acme")).await?;
//! operations.assume_domain(&acme.id, &"acme.example".parse()?, "a test").await?;
//! # Ok(())
//! # }
//! ```

mod abreast;
mod alignment;
mod attach;
mod authority;
mod clients;
mod commit;
mod deleting;
mod doctor;
mod domains;
mod error;
mod import;
mod import_from_pool;
mod invitations;
mod mailbox_providers;
mod making;
mod members;
mod people;
mod providers;
mod record;
pub mod registrations;
mod report;
mod roles;
pub mod shape;
mod standing;
mod tenants;
mod unlock;
mod whois;

pub use alignment::{ClientInLine, PolicyPlan, UserPools};
pub use attach::{
    Adopting, AttachError, AttachPlan, AttachWish, Attached, ClientsPlan, DetachPlan, Detached, FunctionState,
    Obstacle, OurFunctions, SlotPlan, SlotState, Writers,
};
pub use clients::NewBinding;
pub use doctor::{Case, Chart, Examination, Finding, Fixed, Functions, Health, PoolHealth, Severity, Step};
pub use domains::{DnsFailure, Released, Releasing, TenantDomain, TxtRecords, challenge_name};
pub use error::{ErrorKind, OperationError};
pub use import::{ImportRow, Imported, Importer};
pub use import_from_pool::{ImportDone, ImportPlan, PoolImport, RolesFrom, Skipped, TenantImport};
pub use invitations::{InvitationName, Invite, Invited};
pub use making::{ClientWish, MadeClient};
pub use members::{Barring, MemberName, NewMember, parse_person};
pub use people::{Erased, PersonExport};
pub use report::{ClientsReport, Counts, RefusedUser, ReportedClient, Said, Tally, Verdict, Who, advice};
pub use tenants::{NewTenant, PolicyChange};
pub use unlock::Unlocked;
pub use whois::{Outcome, Reach, Scope};

use domain::Actor;
use jiff::Timestamp;
use store::{Session, Table};

/// A decision that lost its race is made anew this often at most.
const ROUNDS: u32 = 3;

/// Everything that an actor can do to a table.
#[derive(Debug)]
pub struct Operations {
    table: Table,
    session: Session,
    actor: Actor,
    now: fn() -> Timestamp,
    random: fn(&mut [u8]),
}

impl Operations {
    /// For one actor. `random` fills a slice with unpredictable bytes.
    pub fn new(table: &Table, actor: Actor, now: fn() -> Timestamp, random: fn(&mut [u8])) -> Self {
        Self { table: table.clone(), session: table.session(None), actor, now, random }
    }

    /// Who acts.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What reads and writes the table.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    fn now(&self) -> Timestamp {
        (self.now)()
    }

    fn bits<const N: usize>(&self) -> [u8; N] {
        let mut bits = [0; N];
        (self.random)(&mut bits);
        bits
    }
}
