//! C10: the decision core of a sign-in with a code, for users who exist and users who do not, as the campaign `oracles` times it.

use std::time::Duration;

use tests::campaign::oracles::{BOUND, EACH, found_or_not};

use crate::samples::Samples;

/// Measures and prints. Fails where the two can be told apart.
pub(crate) fn measure(clock: &dyn Fn() -> Duration) -> Result<(), String> {
    let sampled = found_or_not(clock, 1);
    let t = sampled.welch();
    let [mut found, mut unknown] = [Samples::default(), Samples::default()];
    for (samples, values) in [(&mut found, sampled.found), (&mut unknown, sampled.unknown)] {
        for value in values {
            samples.push(value);
        }
    }
    println!(
        "The decision core of define, create and verify, in microseconds, {} samples each of {EACH} decisions:\n",
        found.len()
    );
    println!("| | p1 | p10 | p50 | p90 | p99 |\n|---|---|---|---|---|---|");
    let shares = [1, 10, 50, 90, 99];
    for (name, samples) in [("found", &mut found), ("not found", &mut unknown)] {
        let row: Vec<String> = shares.iter().map(|share| format!("{:.2}", samples.percentile(*share))).collect();
        println!("| {name} | {} |", row.join(" | "));
    }
    let ratios: Vec<String> =
        shares.iter().map(|share| format!("{:.3}", unknown.percentile(*share) / found.percentile(*share))).collect();
    println!(
        "| not found / found | {} |\n\nWelch's t: {t:.2}, and from {BOUND} on they could be told apart.",
        ratios.join(" | ")
    );
    if t.abs() < BOUND { Ok(()) } else { Err(format!("|t| is {:.2}", t.abs())) }
}
