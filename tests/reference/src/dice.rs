//! Everything random, from a seed.

/// A small generator (`SplitMix64`) for what a seed decides: the same numbers on every machine and in every release, so that a seed in an old
/// report still says what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below this one, which is not zero.
    pub const fn below(&mut self, end: usize) -> usize {
        // A `usize` has at most 64 bits here, and what is below one fits into one.
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
        let number = (self.next() % end as u64) as usize;
        number
    }

    /// True once in so many times.
    pub const fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
