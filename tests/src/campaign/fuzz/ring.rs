//! A choice that a few bytes make, and that stays the same when there is one more to choose from: a corpus outlives the fixtures of its day.

/// Things in a circle, each at a place that follows from its name alone. A number chooses the next one.
#[derive(Debug)]
pub(super) struct Ring<T>(Vec<(u32, T)>);

/// Places have so many bits: four bytes without their highest, and the first without its two highest, since a `{` would begin a text.
const BITS: u32 = 27;

impl<T> Ring<T> {
    /// By their names.
    pub(super) fn new(named: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut ring: Vec<_> = named.into_iter().map(|(name, item)| (place(&name), item)).collect();
        ring.sort_by_key(|(place, _)| *place);
        Self(ring)
    }

    /// What this number chooses; there is something.
    pub(super) fn at(&self, number: u32) -> &T {
        let index = self.0.partition_point(|(place, _)| *place < number);
        &self.0.get(index).unwrap_or(&self.0[0]).1
    }

    /// Everything, each with the bytes that choose it.
    pub(super) fn each(&self) -> impl Iterator<Item = ([u8; 4], &T)> {
        self.0.iter().map(|(place, item)| (bytes(*place), item))
    }
}

/// FNV-1a, stirred once more: names that differ in their last letter lie apart.
fn place(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d) >> (32 - BITS)
}

/// A number of four bytes; the highest bits of each do not count, so that none needs to be [`super::event::END`].
pub(super) fn number(bytes: [u8; 4]) -> u32 {
    bytes.into_iter().fold(0, |number, byte| (number << 7) | u32::from(byte & 0x7f)) % (1 << BITS)
}

fn bytes(number: u32) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| u8::try_from((number >> shift) & 0x7f).expect("seven bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(names: &[&str]) -> Ring<String> {
        Ring::new(names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())))
    }

    #[test]
    fn every_one_can_be_chosen_and_one_more_moves_few_choices() {
        let names: Vec<String> = (0..200).map(|number| format!("case-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (before, after) = (ring(&names[1..]), ring(&names));
        for (bytes, name) in after.each() {
            assert_eq!(after.at(number(bytes)), name);
            assert_ne!(bytes[0], b'{');
        }
        let step = usize::try_from((1_u32 << BITS) / 1_000).unwrap();
        let moved = (0..1_u32 << BITS).step_by(step).filter(|number| before.at(*number) != after.at(*number)).count();
        assert!(moved < 100, "{moved} of 1,000");
    }
}
