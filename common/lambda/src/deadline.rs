//! Until when a handler may work: Cognito waits five seconds, and a late answer is worse than a calm refusal.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// No handler works longer than this, whatever the function's timeout.
pub const LONGEST: Duration = Duration::from_millis(3_500);

/// What is left of the function's time for writing the answer.
pub const MARGIN: Duration = Duration::from_millis(300);

/// The instant after which a handler is abandoned: 300 ms before Lambda's deadline, at most 3.5 s after the arrival.
///
/// `deadline_ms` is Lambda's `Lambda-Runtime-Deadline-Ms`, a date in milliseconds since 1970. One already past counts as
/// absent: `cargo lambda watch` sends 600000. `now` and `arrived` are the same moment on two clocks.
pub fn deadline(deadline_ms: u64, now: Timestamp, arrived: Instant) -> Instant {
    arrived + budget(deadline_ms, now)
}

fn budget(deadline_ms: u64, now: Timestamp) -> Duration {
    let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
    match deadline_ms.checked_sub(now) {
        None | Some(0) => LONGEST,
        Some(remaining) => Duration::from_millis(remaining).saturating_sub(MARGIN).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_a_margin_and_never_takes_longer_than_the_longest() {
        let now: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
        let at = u64::try_from(now.as_millisecond()).unwrap();
        for (what, deadline_ms, expected) in [
            ("five seconds, as with Cognito", at + 5_000, 3_500),
            ("just more than the longest and the margin", at + 3_801, 3_500),
            ("the longest and the margin", at + 3_800, 3_500),
            ("just less", at + 3_799, 3_499),
            ("three seconds, Lambda's default", at + 3_000, 2_700),
            ("the margin alone", at + 300, 0),
            ("less than the margin", at + 1, 0),
            ("now", at, 3_500),
            ("past", at - 1, 3_500),
            ("cargo lambda watch", 600_000, 3_500),
            ("absent", 0, 3_500),
            ("fifteen minutes", at + 900_000, 3_500),
            ("the end of time", u64::MAX, 3_500),
        ] {
            assert_eq!(budget(deadline_ms, now), Duration::from_millis(expected), "{what}");
        }
        assert_eq!(budget(5_000, Timestamp::MIN), LONGEST, "a clock before 1970");
    }

    #[tokio::test(start_paused = true)]
    async fn counts_from_the_arrival() {
        let arrived = Instant::now();
        assert_eq!(deadline(600_000, Timestamp::UNIX_EPOCH + Duration::from_hours(1), arrived) - arrived, LONGEST);
    }
}
