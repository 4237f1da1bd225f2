//! Wrong passwords: after the fifth, each locks the user for twice as long (Amazon Cognito, "Lockout behavior for failed
//! sign-in attempts").

use jiff::Timestamp;

use crate::error::ApiError;
use crate::tokens::later;

/// After so many wrong passwords the user is locked.
const FREE: u32 = 5;
/// The longest lock, and the rest after which everything is forgotten: "approximately 15 minutes".
const LONGEST_SECONDS: i64 = 15 * 60;

/// The wrong passwords of one user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lockout {
    wrong: u32,
    locked_until: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Lockout {
    /// May a password be tried now? An attempt while locked changes nothing.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), ApiError> {
        if self.locked_until.is_some_and(|until| until > now) {
            return Err(ApiError::not_authorized("Password attempts exceeded"));
        }
        Ok(())
    }

    pub(crate) fn count_wrong(&mut self, now: Timestamp) {
        let rested_since = self.locked_until.max(self.last);
        if rested_since.is_some_and(|since| later(since, LONGEST_SECONDS) <= now) {
            *self = Self::default();
        }
        self.wrong = self.wrong.saturating_add(1);
        self.last = Some(now);
        if let Some(over) = self.wrong.checked_sub(FREE) {
            let seconds = 1_i64.checked_shl(over).filter(|seconds| (1..LONGEST_SECONDS).contains(seconds));
            self.locked_until = Some(later(now, seconds.unwrap_or(LONGEST_SECONDS)));
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_for_twice_as_long_each_time_and_forgets_after_a_rest() {
        let mut lockout = Lockout::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for _ in 0..4 {
            lockout.count_wrong(now);
            assert!(lockout.check(now).is_ok());
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            lockout.count_wrong(now);
            assert!(lockout.check(later(now, seconds - 1)).is_err(), "{seconds}");
            now = later(now, seconds);
            assert!(lockout.check(now).is_ok(), "{seconds}");
        }
        now = later(now, LONGEST_SECONDS);
        lockout.count_wrong(now);
        assert!(lockout.check(now).is_ok(), "one wrong password after a rest is one");
    }
}
