//! JSON for a terminal.

use std::fmt::Write as _;

use domain::unseen::is_unseen;

/// The same JSON, in which nothing rearranges a terminal: it escapes no more by itself than what is below a space.
pub fn plain_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        if is_unseen(c) && c != '\n' {
            // JSON writes what is beyond 16 bits in two halves.
            for half in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{half:04x}");
            }
        } else {
            text.push(c);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn nothing_rearranges_a_terminal_and_it_is_the_same_json() {
        let value = json!({ "a\u{61c}b": ["\u{7f}\u{9b}\u{202e}c\u{e0041}\u{1f511}\n"] });
        let plain = plain_json(&value.to_string());
        assert_eq!(plain, "{\"a\\u061cb\":[\"\\u007f\\u009b\\u202ec\\udb40\\udc41\u{1f511}\\n\"]}");
        let pretty = plain_json(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(pretty.lines().count(), 5, "{pretty}");
        for plain in [plain, pretty] {
            assert_eq!(serde_json::from_str::<Value>(&plain).unwrap(), value);
        }
    }
}
