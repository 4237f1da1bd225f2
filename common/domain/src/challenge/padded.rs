//! Texts of people, read in the same steps however long they are, whoever they are of, and whether there are any, so that a clock has nothing to
//! see. Nothing here has to be a branch; what compilers make of it is measured (`cargo xtask soak oracles`).

use subtle::{Choice, ConditionallySelectable};

use crate::id::Text;

/// As much as the longest name takes: a `sub`, or a user name of ASCII characters.
pub(super) const NAME: usize = 128;

/// More than the longest mailbox takes.
pub(super) const MAILBOX: usize = 256;

/// A text in the room of the longest one, behind it zero bytes, which none holds. What is longer is cut.
pub(super) fn padded<const ROOM: usize>(text: &str) -> [u8; ROOM] {
    let bytes = text.as_bytes();
    let last = bytes.len().saturating_sub(1);
    std::array::from_fn(|at| {
        let byte = bytes.get(at.min(last)).copied().unwrap_or_default();
        byte & u8::from(at <= last).wrapping_neg()
    })
}

/// A text in its room, or, if there is none, what stands for it. `another`, any text that was there before, is read in its place then.
pub(super) fn padded_or<const ROOM: usize>(
    text: Option<&impl Text>,
    another: &impl Text,
    stand_in: &[u8; ROOM],
) -> [u8; ROOM] {
    // Behind a barrier: a compiler that knew what is masked out would not work it out.
    let is_there = Choice::from(u8::from(text.is_some()));
    // Where to read is chosen before anything is read: no branch.
    let read: &String = text.map_or(another.text(), Text::text);
    let room = padded::<ROOM>(read);
    let mut chosen = *stand_in;
    for (place, byte) in chosen.iter_mut().zip(&room) {
        place.conditional_assign(byte, is_there);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Sub, UserName};

    #[test]
    fn a_text_takes_the_whole_room() {
        assert_eq!(padded::<4>("ab"), *b"ab\0\0");
        assert_eq!(padded::<4>("abcdef"), *b"abcd");
        assert_eq!(padded::<4>(""), [0; 4]);
    }

    #[test]
    fn what_stands_for_a_text_is_there_only_where_the_text_is_not() {
        let (text, another): (Sub, UserName) = ("ab".parse().unwrap(), "another".parse().unwrap());
        assert_eq!(padded_or(Some(&text), &another, b"wxyz"), *b"ab\0\0");
        assert_eq!(padded_or(None::<&Sub>, &another, b"wxyz"), *b"wxyz");
    }
}
