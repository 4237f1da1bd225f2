//! The numbered transcript: one line what happens, one line what came of it, and whether that was promised.

use std::io::{self, Write};

use domain::Refusal;
use serde_json::Value;

use crate::front_end::{Outcome, Tokens};

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Letters alone.
    Plain,
    /// With a terminal's colours.
    Coloured,
}

/// What was promised of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Promise<'a> {
    /// A token of this tenant with these roles.
    Member { slug: &'a str, roles: &'a [&'a str] },
    /// A token of this tenant for a machine.
    Machine { slug: &'a str, roles: &'a [&'a str] },
    /// A token without a tenant.
    NoTenant,
    /// A refusal.
    Refused(Refusal),
    /// Cognito's own "no", of this type.
    Closed(&'a str),
}

/// How many steps there were, and how many came out as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// As promised.
    pub kept: usize,
    /// All of them.
    pub steps: usize,
}

impl Tally {
    /// Whether every step came out as promised, and there were any.
    pub const fn is_whole(self) -> bool {
        self.kept == self.steps && self.steps > 0
    }
}

/// Writes the transcript.
pub struct Transcript<'w> {
    out: &'w mut (dyn Write + Send),
    style: Style,
    tally: Tally,
}

impl std::fmt::Debug for Transcript<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Transcript").field("tally", &self.tally).finish_non_exhaustive()
    }
}

const GREEN: &str = "32";
const RED: &str = "31;1";
const BOLD: &str = "1";
const YELLOW: &str = "33";

impl<'w> Transcript<'w> {
    /// Onto this.
    pub fn new(out: &'w mut (dyn Write + Send), style: Style) -> Self {
        Self { out, style, tally: Tally { kept: 0, steps: 0 } }
    }

    /// How it went so far.
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// A line of its own.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// The name of a journey.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = self.paint(BOLD, text);
        writeln!(self.out, "\n{text}")
    }

    /// One step; tells whether it came out as promised.
    pub(crate) fn step(&mut self, happens: &str, outcome: &Outcome, promise: &Promise<'_>) -> io::Result<bool> {
        let kept = keeps(outcome, promise);
        self.tally.steps += 1;
        self.tally.kept += usize::from(kept);
        let mark = if kept { self.paint(GREEN, "PASS") } else { self.paint(RED, "FAIL") };
        writeln!(self.out, "{:>3}. {happens}", self.tally.steps)?;
        let came_of_it = match outcome {
            Ok(tokens) => show(tokens),
            Err(refused) => self.paint(YELLOW, &format!("refused: {refused}")),
        };
        writeln!(self.out, "     {mark} {came_of_it}")?;
        if !kept {
            writeln!(self.out, "          promised: {}", promised(promise))?;
        }
        self.out.flush()?;
        Ok(kept)
    }

    /// The last line: how many came out as promised.
    pub fn close(&mut self) -> io::Result<()> {
        let Tally { kept, steps } = self.tally;
        let colour = if self.tally.is_whole() { GREEN } else { RED };
        let line = self.paint(colour, &format!("{kept}/{steps} as promised"));
        writeln!(self.out, "\n{line}")?;
        self.out.flush()
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        }
    }
}

const FACTS: [&str; 4] = ["tenant_id", "tenant_slug", "member_id", "roles"];

fn keeps(outcome: &Outcome, promise: &Promise<'_>) -> bool {
    match (outcome, promise) {
        (Ok(tokens), Promise::Member { slug, roles }) => {
            speaks_of(tokens, slug, roles)
                && tokens.text("member_id").starts_with("m_")
                // The access token says the same.
                && FACTS.iter().all(|fact| tokens.claims().get(*fact) == tokens.access_claims().get(*fact))
        }
        (Ok(tokens), Promise::Machine { slug, roles }) => {
            speaks_of(tokens, slug, roles) && !tokens.claims().contains_key("member_id")
        }
        (Ok(tokens), Promise::NoTenant) => [tokens.claims(), tokens.access_claims()]
            .iter()
            .all(|claims| FACTS.iter().all(|fact| !claims.contains_key(*fact))),
        (Err(refused), Promise::Refused(refusal)) => refused.refusal() == Some(*refusal),
        (Err(refused), Promise::Closed(kind)) => refused.refusal().is_none() && refused.kind == *kind,
        (Ok(_), Promise::Refused(_) | Promise::Closed(_))
        | (Err(_), Promise::Member { .. } | Promise::Machine { .. } | Promise::NoTenant) => false,
    }
}

fn speaks_of(tokens: &Tokens, slug: &str, roles: &[&str]) -> bool {
    let said: Vec<_> = list(tokens.claims().get("roles"));
    tokens.text("tenant_slug") == slug && tokens.text("tenant_id").starts_with("t_") && said == roles
}

fn list(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The tenant's claims, as they stand in the token, with long ids cut.
fn show(tokens: &Tokens) -> String {
    let claims = tokens.claims();
    let said: Vec<String> =
        FACTS.iter().filter_map(|fact| claims.get(*fact).map(|value| format!("{fact} {}", plain(value)))).collect();
    if said.is_empty() { "a token without a tenant".to_owned() } else { said.join(", ") }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 20 => text.chars().take(8).chain(['…']).collect(),
        Value::String(text) => text.clone(),
        Value::Array(_) => format!("[{}]", list(Some(value)).join(" ")),
        other => other.to_string(),
    }
}

fn promised(promise: &Promise<'_>) -> String {
    match promise {
        Promise::Member { slug, roles } => format!("a token of {slug} with the roles [{}]", roles.join(" ")),
        Promise::Machine { slug, roles } => format!("a machine's token of {slug} with the roles [{}]", roles.join(" ")),
        Promise::NoTenant => "a token without a tenant".to_owned(),
        Promise::Refused(refusal) => refusal.message(),
        Promise::Closed(kind) => format!("Cognito's {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::Refused;

    fn token(claims: &Value) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn member() -> Tokens {
        let said = json!({ "tenant_id": "t_a", "tenant_slug": "acme", "member_id": "m_b", "roles": ["member"] });
        Tokens { id: Some(token(&said)), access: token(&said), refresh: None }
    }

    fn refused(refusal: Refusal) -> Outcome {
        Err(Refused { kind: "X".into(), message: format!("PreSignUp failed with error {}.", refusal.message()) })
    }

    #[test]
    fn a_step_passes_only_when_it_came_out_as_promised() {
        let acme = Promise::Member { slug: "acme", roles: &["member"] };
        let nobody = Tokens { id: Some(token(&json!({ "sub": "s" }))), access: token(&json!({})), refresh: None };
        let silent_access = Tokens { access: token(&json!({})), ..member() };
        for (outcome, promise, kept) in [
            (Ok(member()), acme.clone(), true),
            (Ok(member()), Promise::Member { slug: "globex", roles: &["member"] }, false),
            (Ok(member()), Promise::Member { slug: "acme", roles: &["admin"] }, false),
            (Ok(member()), Promise::NoTenant, false),
            (Ok(member()), Promise::Refused(Refusal::TryAgain), false),
            (Ok(silent_access), acme.clone(), false),
            (Ok(nobody.clone()), Promise::NoTenant, true),
            (Ok(nobody), acme.clone(), false),
            (refused(Refusal::TryAgain), Promise::Refused(Refusal::TryAgain), true),
            (refused(Refusal::TryAgain), Promise::Refused(Refusal::TenantClosed), false),
            (refused(Refusal::TryAgain), Promise::Closed("X"), false),
            (Err(Refused { kind: "X".into(), message: "no".into() }), Promise::Closed("X"), true),
            (Err(Refused { kind: "Y".into(), message: "no".into() }), Promise::Closed("X"), false),
            (Ok(member()), Promise::Closed("X"), false),
            (refused(Refusal::TryAgain), acme, false),
        ] {
            assert_eq!(keeps(&outcome, &promise), kept, "{outcome:?} {promise:?}");
        }
    }

    #[test]
    fn numbers_its_steps_and_counts_them() {
        let mut out = Vec::new();
        let mut transcript = Transcript::new(&mut out, Style::Plain);
        transcript.step("Ann signs in.", &Ok(member()), &Promise::Member { slug: "acme", roles: &["member"] }).unwrap();
        transcript.step("Eve signs in.", &refused(Refusal::TryAgain), &Promise::NoTenant).unwrap();
        transcript.close().unwrap();
        assert!(!transcript.tally().is_whole());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  1. Ann signs in.\n     PASS tenant_id t_a, tenant_slug acme, member_id m_b, roles [member]\n  2. Eve signs in.\n     \
             FAIL refused: Something went wrong on our side. Try again in a moment. (TRY_AGAIN)\n          promised: a token \
             without a tenant\n\n1/2 as promised\n"
        );
    }

    #[test]
    fn nothing_at_all_is_not_as_promised() {
        assert!(!Tally { kept: 0, steps: 0 }.is_whole());
    }
}
