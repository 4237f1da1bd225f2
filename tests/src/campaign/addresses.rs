//! Addresses: hostile ones, by the thousand, before us and before two crates that nobody here wrote. Where one of them means another mailbox,
//! ours means none. The tests ask readers in Python and JavaScript, too.

use super::{Effort, Failed, Tally};
use crate::addresses::{crates, hostile, judge, not_canonical};

/// So many at once.
const MANY: usize = 6_000;

/// As many as there is time for, at least once so many; other ones each time.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    let mut seed = effort.seed;
    loop {
        let texts = effort.only.clone().map_or_else(|| hostile(seed, MANY), |text| vec![text]);
        let verdict = judge(&texts, &crates(&texts));
        tally.add("addresses", texts.len() as u64);
        tally.add("of them taken", verdict.accepted as u64);
        tally.add("of them about which others disagree", verdict.disagreements as u64);
        if let Some((text, words)) = verdict.wrong.into_iter().next() {
            return Err(Failed::new(words, text));
        }
        if let Some((text, words)) = texts.iter().find_map(|text| Some((text, not_canonical(text)?))) {
            return Err(Failed::new(words, text));
        }
        if effort.only.is_some() || effort.is_slice() || effort.is_over() {
            return Ok(tally);
        }
        seed = seed.wrapping_add(1);
    }
}
