//! Sign-in by challenge: which step comes next, the code and whom it is for, how often it may be asked for and guessed at.

mod code;
mod door;
mod issue;
mod padded;
mod session;
mod subject;

pub use code::{Code, CodeKey, CodeKeys, Recipient};
pub use door::{asks, sends};
pub use issue::{Asking, Count, Issue, Issuing, Limits, Tally, Ticket, issue};
pub use session::{Asks, Next, Step, StepName, WRONG_ANSWERS, define, proved_password};
pub use subject::{UNSHOWN, mailbox, mask, no_mailbox, nobody, subject};
