//! The committed inputs, and what dice make of them.

use std::fs;
use std::path::Path;

use crate::campaign::Dice;

/// What `fuzz/corpus/<target>/` holds.
pub(super) fn committed(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))).collect()
}

/// One of them, with a few bytes of it changed, or crossed with another one. Not as good as libFuzzer, which sees what its bytes reach.
pub(super) fn mutated(dice: &mut Dice, known: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.pick(known).clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 => bytes.insert(at, byte(dice)),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] = byte(dice),
            3 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            4 => {
                let other = dice.pick(known);
                let from = dice.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let other = dice.pick(known);
                let from = dice.below(other.len() + 1);
                let length = dice.below(other.len() - from + 1).min(32);
                bytes.splice(at..at, other[from..from + length].iter().copied());
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// As long as an input gets here.
const LONGEST: usize = 4_096;

fn byte(dice: &mut Dice) -> u8 {
    const OFTEN: &[u8] = b"\0\x01\x7f\xff\xfe@.-_,;:\"'\\/{}[]()<>\n\r\t =%!0aAzZ";
    if dice.one_in(2) { *dice.pick(OFTEN) } else { u8::try_from(dice.below(256)).expect("a byte") }
}
