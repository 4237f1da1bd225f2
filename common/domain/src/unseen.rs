//! Characters that do something to a text and are not seen in it.

/// Whether a character is a control, turns the direction of a text, or is seen by nobody: a name must not hold it, and a terminal or a mail
/// must not be sent it.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
