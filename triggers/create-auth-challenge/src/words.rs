//! The words of the mail: built in, or the operator's own. What people typed stands in them as text.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The words.
#[derive(Debug, Clone)]
pub struct Words {
    subject: Template,
    text: Template,
    html: Option<Template>,
}

/// What cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A file cannot be read.
    #[error("TENANTRY_MAIL_TEMPLATES: {file} cannot be read ({kind}). Put it into the function's package.")]
    Unreadable {
        /// Which.
        file: &'static str,
        /// Why.
        kind: ErrorKind,
    },
    /// A file says something that nobody can fill in.
    #[error("TENANTRY_MAIL_TEMPLATES: {file} names {{{name}}}. It may name {may}.")]
    UnknownName {
        /// Which.
        file: &'static str,
        /// The name.
        name: String,
        /// What it may name.
        may: &'static str,
    },
    /// A mail without the code.
    #[error("TENANTRY_MAIL_TEMPLATES: {file} lacks {{code}}.")]
    NoCode {
        /// Which.
        file: &'static str,
    },
    /// A subject of more than one line, or of none.
    #[error("TENANTRY_MAIL_TEMPLATES: subject.txt must be one line of at most 200 bytes.")]
    Subject,
}

/// What a mail says.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) code: &'a str,
    pub(crate) minutes: i64,
}

/// A mail's texts.
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
}

const SUBJECT: &str = "Your code to sign in to {tenant}";
const TEXT: &str = "\
Your code to sign in to {tenant}:

    {code}

It counts for {minutes} minutes, and once.

If you did not try to sign in, somebody else typed your address: ignore this mail, and tell nobody the code.
";
const HTML: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your code to sign in to {tenant}</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b">
<p>Your code to sign in to <strong>{tenant}</strong>:</p>
<p style="font: 28px/1.5 ui-monospace, monospace; letter-spacing: 4px">{code}</p>
<p>It counts for {minutes} minutes, and once.</p>
<p>If you did not try to sign in, somebody else typed your address: ignore this mail, and tell nobody the code.</p>
</body>
</html>
"#;

impl Words {
    /// From a folder with `subject.txt`, `body.txt` and, if the mail should have one, `body.html`. `{tenant}`, `{code}` and
    /// `{minutes}` are filled in; a subject, which mail services log, has no code.
    pub fn read(folder: &Path) -> Result<Self, Unusable> {
        let read = |file| match fs::read_to_string(folder.join(file)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unusable::Unreadable { file, kind: error.kind() }),
        };
        let must = |file| read(file)?.ok_or(Unusable::Unreadable { file, kind: ErrorKind::NotFound });
        Self::parse(must("subject.txt")?.trim_end(), &must("body.txt")?, read("body.html")?.as_deref())
    }

    fn parse(subject: &str, text: &str, html: Option<&str>) -> Result<Self, Unusable> {
        if subject.is_empty() || subject.len() > 200 || subject.chars().any(char::is_control) {
            return Err(Unusable::Subject);
        }
        let body = |file, text| {
            let template = Template::parse(file, text, true)?;
            if template.0.contains(&Piece::Code) { Ok(template) } else { Err(Unusable::NoCode { file }) }
        };
        Ok(Self {
            subject: Template::parse("subject.txt", subject, false)?,
            text: body("body.txt", text)?,
            html: html.map(|html| body("body.html", html)).transpose()?,
        })
    }

    pub(crate) fn write(&self, said: Said<'_>) -> Written {
        let escaped = html_escape::encode_safe(said.tenant);
        Written {
            subject: self.subject.fill(said),
            text: self.text.fill(said),
            html: self.html.as_ref().map(|html| html.fill(Said { tenant: &escaped, ..said })),
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        // The tests hold them against `parse`.
        Self::parse(SUBJECT, TEXT, Some(HTML)).unwrap_or(Self {
            subject: Template(Vec::new()),
            text: Template(vec![Piece::Code]),
            html: None,
        })
    }
}

/// A text with places to fill in. It is cut once, so that a tenant whose name looks like a place is not filled in again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Tenant,
    Code,
    Minutes,
}

impl Template {
    fn parse(file: &'static str, text: &str, with_code: bool) -> Result<Self, Unusable> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            rest = after;
            // Braces around anything but one lower-case word are the text's own, as in a style sheet.
            let name = after.split_once('}').filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            });
            let Some((name, after)) = name else {
                plain.push('{');
                continue;
            };
            rest = after;
            let piece = match name {
                "tenant" => Piece::Tenant,
                "minutes" => Piece::Minutes,
                "code" if with_code => Piece::Code,
                _ => {
                    let may = if with_code { "{tenant}, {code}, {minutes}" } else { "{tenant}, {minutes}" };
                    return Err(Unusable::UnknownName { file, name: name.to_owned(), may });
                }
            };
            pieces.extend([Piece::Text(std::mem::take(&mut plain)), piece]);
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    fn fill(&self, said: Said<'_>) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Tenant => filled.push_str(said.tenant),
                Piece::Code => filled.push_str(said.code),
                Piece::Minutes => filled.push_str(&said.minutes.to_string()),
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: Said<'static> = Said { tenant: "Acme", code: "12345678", minutes: 5 };

    #[test]
    fn the_built_in_words_are_whole() {
        let words = Words::parse(SUBJECT, TEXT, Some(HTML)).unwrap().write(SAID);
        assert_eq!(words.subject, "Your code to sign in to Acme");
        for body in [&words.text, &words.html.unwrap()] {
            assert!(body.contains("12345678") && body.contains("Acme") && body.contains("5 minutes"), "{body}");
            assert!(!body.contains('{'), "{body}");
        }
        assert!(Words::default().write(SAID).html.is_some());
    }

    #[test]
    fn c14_a_tenants_name_is_text_wherever_it_stands() {
        let hostile = r#"<a href="https://evil.example">Acme</a> {code} & '"#;
        let written = Words::default().write(Said { tenant: hostile, ..SAID });
        let html = written.html.unwrap();
        assert!(!html.contains("<a ") && html.contains("&lt;a href=&quot;https:"), "{html}");
        assert_eq!(html.matches("12345678").count(), 1, "{html}");
        assert!(written.subject.ends_with(hostile) && !written.subject.contains("12345678"));
        assert_eq!(written.text.matches("12345678").count(), 1);
    }

    #[test]
    fn braces_of_a_style_sheet_are_its_own() {
        let words = Words::parse("s", "{code}", Some("p { color: red } a{} {{code}} {")).unwrap();
        assert_eq!(words.write(SAID).html.unwrap(), "p { color: red } a{} {12345678} {");
    }

    #[test]
    fn what_cannot_be_filled_in_is_said_before_anybody_signs_in() {
        for (subject, text, html, error) in [
            ("s", "no code", None, "TENANTRY_MAIL_TEMPLATES: body.txt lacks {code}."),
            ("s", "{code}", Some("<p>"), "TENANTRY_MAIL_TEMPLATES: body.html lacks {code}."),
            (
                "s {code}",
                "{code}",
                None,
                "TENANTRY_MAIL_TEMPLATES: subject.txt names {code}. It may name {tenant}, {minutes}.",
            ),
            (
                "s",
                "{code} {name}",
                None,
                "TENANTRY_MAIL_TEMPLATES: body.txt names {name}. It may name {tenant}, {code}, {minutes}.",
            ),
            (
                "a\nBcc: x",
                "{code}",
                None,
                "TENANTRY_MAIL_TEMPLATES: subject.txt must be one line of at most 200 bytes.",
            ),
            ("", "{code}", None, "TENANTRY_MAIL_TEMPLATES: subject.txt must be one line of at most 200 bytes."),
        ] {
            assert_eq!(Words::parse(subject, text, html).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_folder_is_read_and_a_missing_file_named() {
        let folder = std::env::temp_dir().join(format!("tenantry-words-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let error = Words::read(&folder).unwrap_err().to_string();
        assert!(error.contains("subject.txt cannot be read"), "{error}");
        fs::write(folder.join("subject.txt"), "Code for {tenant}\n").unwrap();
        fs::write(folder.join("body.txt"), "{code}").unwrap();
        let written = Words::read(&folder).unwrap().write(SAID);
        assert_eq!((written.subject.as_str(), written.text.as_str()), ("Code for Acme", "12345678"));
        assert!(written.html.is_none());
        fs::remove_dir_all(&folder).unwrap();
    }
}
