//! What may come of a schedule: what came of it in peace, or a calm "try again", and a table that is one of those that peace leaves.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::scenario::{By, Records, Said, Scenario};
use super::schedule::{Deliveries, Schedule};
use super::stage::{Left, Ran, Stage};
use crate::dump::Dump;
use crate::proxy::fault::Fault;
use crate::sound::{unsound, unsound_with};

/// No trigger answers later than this.
const LATEST: Duration = Duration::from_millis(4_500);

/// What comes of a scenario in peace, however often it is delivered.
#[derive(Debug, Default)]
pub struct Peace {
    /// What is said.
    said: BTreeSet<Said>,
    /// What is said afterwards, on a good day.
    repaired: BTreeSet<Vec<Said>>,
    /// The tables that are left by those who said that it is done.
    done: BTreeSet<String>,
    /// The tables in the end.
    ends: BTreeSet<String>,
    /// Ids and the like that stood in the table before anything was done.
    known: BTreeSet<String>,
    /// The table at the beginning.
    beginning: Dump,
}

impl Peace {
    /// Plays a scenario in peace.
    pub async fn of(stage: &Stage, scenario: &Scenario) -> Result<Self, String> {
        let mut peace = Self { beginning: stage.beginning().clone(), ..Self::default() };
        unsound(&peace.beginning).map_err(|what| format!("{} begins unsound: {what}", scenario.name))?;
        tokens(&format!("{:?}", peace.beginning), |token| {
            peace.known.insert(token.to_owned());
        });
        for deliveries in Deliveries::ALL {
            let ran = stage.play(&Schedule::peaceful(*scenario, deliveries)).await;
            peace.learn(ran, scenario).map_err(|what| format!("{} in peace: {what}", scenario.name))?;
        }
        Ok(peace)
    }

    fn learn(&mut self, ran: Ran, scenario: &Scenario) -> Result<(), String> {
        self.sound(&ran.between.table)?;
        self.sound(&ran.end.table)?;
        if ran.said.iter().chain(&ran.repaired).any(|said| *said == Said::Broken) {
            return Err(format!("{:?}, then {:?}", ran.said, ran.repaired));
        }
        recorded(scenario, &ran)?;
        self.done.insert(self.plain(&ran.between, scenario.records));
        self.ends.insert(self.plain(&ran.end, scenario.records));
        let said: Vec<Said> = ran.said.into_iter().map(|said| self.common(said)).collect();
        self.said.extend(said);
        let repaired = ran.repaired.into_iter().map(|said| self.common(said)).collect();
        self.repaired.insert(repaired);
        Ok(())
    }

    /// What is wrong with what came of a schedule.
    pub fn judge(&self, schedule: &Schedule, ran: &Ran) -> Result<(), String> {
        let Schedule { scenario, faults, .. } = schedule;
        self.sound(&ran.between.table).map_err(|what| format!("after the fault, {what}"))?;
        self.sound(&ran.end.table).map_err(|what| format!("in the end, {what}"))?;
        recorded(scenario, ran)?;
        if scenario.by == By::Trigger && ran.took > LATEST {
            return Err(format!("the answer came after {:?}", ran.took));
        }
        if let Some(after) = ran.late_write {
            return Err(format!("a write began after {after:?}"));
        }
        // Without an attribute an item may say no, too: a domain that is nobody's.
        let lied = faults.iter().any(|(_, fault)| fault.lies() || matches!(fault, Fault::Missing(..)));
        // Whoever never learned that theirs was done, or was held up while somebody else did the same, may be told no: theirs was replaced.
        let at_once = matches!(schedule.deliveries, Deliveries::Together | Deliveries::Crowd);
        let hidden = faults.iter().any(|(_, fault)| fault.hides());
        let broke_off = ran.said.contains(&Said::Broken);
        let done = ran.said.iter().any(|said| matches!(said, Said::Done(_)));
        // An operator's work that broke off in the middle was seen by the other who was at it.
        let overtaken = ((at_once || hidden) && done) || (at_once && broke_off && scenario.by == By::Operator);
        for said in &ran.said {
            let said = self.common(said.clone());
            let fine = match &said {
                Said::Broken => true,
                // A condition that is said not to hold is a reason for a no, and never for a yes.
                Said::No(_) if lied || overtaken => true,
                // What somebody else did meanwhile, or an attempt of one's own that broke off or was not heard of, is not counted again.
                Said::Done(text) if scenario.by == By::Operator && (at_once || hidden || broke_off) => self
                    .said
                    .iter()
                    .any(|peace| matches!(peace, Said::Done(peace) if uncounted(peace) == uncounted(text))),
                other => self.said.contains(other),
            };
            if !fine {
                return Err(format!("it was said: {said:?}, and in peace: {:?}", self.said));
            }
        }
        let between = self.plain(&ran.between, scenario.records);
        if ran.said.iter().any(|said| matches!(said, Said::Done(_))) && !self.done.contains(&between) {
            return Err(format!(
                "it was said that it is done ({:?}), and the table holds\n{between}\nin peace\n{:#?}",
                ran.said, self.done
            ));
        }
        let repaired: Vec<Said> = ran.repaired.iter().map(|said| self.common(said.clone())).collect();
        let fine = |said: &Vec<Said>| {
            self.repaired.iter().any(|peace| peace.ends_with(said) || said.ends_with(peace) || peace == said)
        };
        let of_peace =
            |said: &Said| self.said.contains(said) || self.repaired.iter().flatten().any(|peace| peace == said);
        if !fine(&repaired) && !repaired.iter().all(of_peace) {
            return Err(format!("on a good day it was said: {repaired:?}, and in peace: {:?}", self.repaired));
        }
        let end = self.plain(&ran.end, scenario.records);
        if !self.ends.contains(&end) {
            return Err(format!("in the end the table holds\n{end}\nand in peace\n{}", self.nearest(&end)));
        }
        Ok(())
    }

    /// The beginning was sound; is it with these changes?
    fn sound(&self, changes: &Dump) -> Result<(), String> {
        if changes.is_empty() {
            return Ok(());
        }
        unsound_with(&self.beginning, changes)
    }

    fn nearest(&self, end: &str) -> String {
        let lines: BTreeSet<&str> = end.lines().collect();
        let distance = |other: &&String| other.lines().filter(|line| !lines.contains(line)).count();
        let nearest = self.ends.iter().min_by_key(distance).map_or("", String::as_str);
        let known: BTreeSet<&str> = nearest.lines().collect();
        let gone = known.difference(&lines).map(|line| format!("- {line}\n"));
        let come = lines.difference(&known).map(|line| format!("+ {line}\n"));
        gone.chain(come).collect()
    }

    fn common(&self, said: Said) -> Said {
        match said {
            Said::Done(text) => Said::Done(without_revisions(&self.named(&text))),
            other => other,
        }
    }

    /// What changed as text, a line an item: without random parts, and without what only counts writes.
    fn plain(&self, left: &Left, records: Records) -> String {
        let dump = &left.table;
        // What is remembered of an invitation that is settled opens nothing: it was written late, and is forgotten in time.
        let idle = |item: &&Value| {
            let invitation = item["invitation"].as_str().map(|digest| format!("INVITATION#{digest} | INVITATION"));
            let invitation = invitation.and_then(|key| dump.get(&key).or_else(|| self.beginning.get(&key)));
            item["kind"] == "enrolment" && invitation.is_some_and(|invitation| invitation["state"] != "open")
        };
        let line = |(key, item): (&String, &Value)| {
            let mut item = item.clone();
            if let Some(item) = item.as_object_mut() {
                item.retain(|name, _| {
                    let tries = matches!(name.as_str(), "attempts" | "attempts_today");
                    name != "revision"
                        && name != "nonce"
                        && name != "issued_by"
                        && name != "used_by"
                        && !(records == Records::Each && tries)
                });
            }
            self.named(&format!("{key}: {item}"))
        };
        let mut lines: Vec<String> = dump.iter().filter(|(_, item)| !idle(item)).map(line).collect();
        lines.extend(left.pool.iter().map(|(name, thing)| self.named(&format!("{name}: {thing}"))));
        // Random parts of keys decided about the order.
        lines.sort();
        match records {
            Records::Once => {}
            Records::Each => lines.dedup_by(|one, other| one == other && is_record(one)),
            Records::AtBest => lines.retain(|line| !is_record(line)),
        }
        lines.join("\n")
    }

    /// A text whose ids are those of the beginning, or "new".
    fn named(&self, text: &str) -> String {
        let mut named = text.to_owned();
        tokens(text, |token| {
            if !self.known.contains(token) {
                named = named.replace(token, "new");
            }
        });
        named
    }
}

/// What is recorded at best is recorded, unless somebody was told that it was not.
fn recorded(scenario: &Scenario, ran: &Ran) -> Result<(), String> {
    let may_lack = scenario.records != Records::AtBest || ran.said.contains(&Said::Broken);
    if may_lack || ran.end.table.keys().any(|key| is_record(key)) {
        Ok(())
    } else {
        Err("it was not recorded, and nobody was told".to_owned())
    }
}

fn is_record(line: &str) -> bool {
    line.contains(" | AUDIT#")
}

/// Before the random part of the record that proves a domain.
const CHALLENGE: &str = "tenantry-verification=";

/// Ids, digests and nonces in a text: the random parts of records, and words of 16 characters and more that hold nothing but letters and digits.
fn tokens(text: &str, mut found: impl FnMut(&str)) {
    for record in text.split(CHALLENGE).skip(1) {
        found(
            record
                .split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter))
                .next()
                .unwrap_or_default(),
        );
    }
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
        let hexadecimal = word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let id = word.len() == 28 && (word.starts_with("m_") || word.starts_with("t_"));
        let app_client = word.len() == 26 && word.bytes().any(|byte| byte.is_ascii_digit());
        if id || app_client || (hexadecimal && matches!(word.len(), 16 | 64)) {
            found(word);
        }
    }
}

/// The text of a result without how many it says were done.
fn uncounted(text: &str) -> String {
    let field = |field: &str| match field.split_once(": ") {
        Some((name, count)) if count.trim_end_matches(" }").bytes().all(|byte| byte.is_ascii_digit()) => {
            name.to_owned()
        }
        _ => field.to_owned(),
    };
    text.split(", ").map(field).collect::<Vec<_>>().join(", ")
}

/// The text of a result without its revisions: how often something was written is nobody's business.
fn without_revisions(text: &str) -> String {
    let mut parts = text.split("revision: ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    plain
}
