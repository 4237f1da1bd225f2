//! D13, C12: a domain that very many prove at once, and codes that very many guess, or know, at once.

use std::collections::BTreeSet;

use domain::challenge::Recipient;
use domain::{Chain, Client};
use operations::{DnsFailure, TxtRecords};
use serde_json::json;

use super::{Dice, Stage, ensure, together};
use crate::nouns::{POOL, domain_name, email, parse, person, tenant, tenant_id};
use crate::world::code_keys;
use crate::{Answer, Event};

const VIC: &str = "vic@acme.example";

/// DNS as the owner of every domain would have it: with these texts.
#[derive(Clone)]
struct Dns(Vec<String>);

impl TxtRecords for Dns {
    async fn texts(&self, _: &str) -> Result<Vec<String>, DnsFailure> {
        Ok(self.0.clone())
    }
}

/// A name of letters alone, as readable ids want it.
fn letters(at: usize) -> String {
    let digit = |number: usize| char::from(b'a' + u8::try_from(number % 26).expect("below 26"));
    format!("t{}{}", digit(at / 26), digit(at))
}

/// As many tenants as callers have claimed one domain, and the record of each is there: one of them owns it.
pub(super) async fn one_domain(stage: &Stage, callers: usize, _: Dice) -> Result<(), String> {
    let (world, domain) = (&stage.world, domain_name("prize.example"));
    let operations = world.operations();
    let mut texts = Vec::new();
    for at in 0..callers {
        world.with_tenant(tenant(&letters(at))).await;
        let claim = operations.claim_domain(&tenant_id(&letters(at)), &domain).await;
        texts.push(claim.map_err(|error| error.to_string())?.challenge);
    }
    let proofs = (0..callers).map(|at| {
        let (operations, domain, dns) = (stage.operations(), domain.clone(), Dns(texts.clone()));
        async move {
            let verified = operations.verify_domain(&tenant_id(&letters(at)), &domain, &dns).await;
            verified.map(drop).map_err(|error| error.code())
        }
    });
    let outcomes = together(proofs.collect()).await;
    let owner = operations.domain_owner(&domain).await.map_err(|error| error.to_string())?;
    let owner = owner.ok_or("nobody owns the domain")?;
    ensure!(owner.generation == 1, "it was owned {} times", owner.generation);
    let winners: Vec<usize> = (0..callers).filter(|at| outcomes[*at].is_ok()).collect();
    let owners: Vec<usize> = (0..callers).filter(|at| owner.belongs_to(&tenant_id(&letters(*at)))).collect();
    ensure!(winners.len() == 1 && winners == owners, "{owners:?} own it, and {winners:?} were told so");
    for (at, outcome) in outcomes.iter().enumerate() {
        let fits = matches!(outcome, Ok(()) | Err("DOMAIN_TAKEN" | "CONTENDED"));
        ensure!(fits, "tenant {at} was told {outcome:?}");
    }
    let dump = world.dump().await;
    let verified = dump.values().filter(|item| item["kind"] == "claim" && item["status"] == "verified").count();
    ensure!(verified == 1, "{verified} claims say that they were verified");
    Ok(())
}

/// Sessions of one person, begun at the same moment: what they showed, and the code that was sent.
async fn begun(stage: &Stage) -> Result<(Vec<Answer>, String), String> {
    stage.world.with("acme").await.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
    let shown = stage.race(&vec![Event::create("acme", "vic", VIC, &[]); 20]).await;
    let shown: Vec<Answer> = shown.into_iter().filter(Answer::is_reply).collect();
    ensure!(shown.len() == 20, "{} of 20 sessions began", shown.len());
    let issues: BTreeSet<String> =
        shown.iter().map(|one| one.response()["challengeMetadata"].as_str().unwrap_or_default().to_owned()).collect();
    ensure!(issues.len() == 1, "{} codes were issued at one moment", issues.len());
    let number = issues.first().and_then(|number| number.parse().ok()).ok_or("no issue")?;
    let app = Client { pool: parse(POOL), id: parse("acme") };
    let code = code_keys().code(&Recipient::new(&person("vic"), &app, Some(&email(VIC))), number);
    Ok((shown, code.reveal()))
}

fn guess(shown: &Answer, typed: &str) -> Event {
    Event::verify("acme", "vic", VIC, shown.response(), typed)
}

fn is_right(answer: &Answer) -> bool {
    answer.is_reply() && answer.response()["answerCorrect"] == json!(true)
}

/// Guesses in twenty sessions, all wrong but for one that comes late: five are looked at.
pub(super) async fn five_guesses(stage: &Stage, callers: usize, _: Dice) -> Result<(), String> {
    let (shown, right) = begun(stage).await?;
    let first = if right.starts_with('0') { '1' } else { '0' };
    let wrong: String = std::iter::once(first).chain(right.chars().skip(1)).collect();
    let events: Vec<Event> = (0..callers).map(|at| guess(&shown[at % shown.len()], &wrong)).collect();
    let answers = stage.race(&events).await;
    ensure!(!answers.iter().any(is_right), "a wrong code was right");
    let compared = answers.iter().filter(|answer| answer.decision == "the code is wrong").count();
    // What broke on its way may have been counted without being looked at.
    let broken = answers.iter().filter(|answer| answer.decision == "broken").count();
    ensure!(compared <= 5 && compared + broken >= 5, "{compared} were looked at, and {broken} broke");
    for one in &shown {
        let late = stage.world.ask(&guess(one, &right)).await;
        ensure!(late.decision == "not compared" && !is_right(&late), "the right one, too late: {}", late.decision);
    }
    let more = stage.world.ask(&Event::create("acme", "vic", VIC, &[("CUSTOM_CHALLENGE", false)])).await;
    ensure!(more.code() == Some("TOO_MANY_CODES"), "a new session bought new guesses: {:?}", more.code());
    Ok(())
}

/// Everybody knows the code, in twenty sessions: it signs in one of them.
pub(super) async fn one_session(stage: &Stage, callers: usize, mut dice: Dice) -> Result<(), String> {
    let (shown, right) = begun(stage).await?;
    let of: Vec<usize> = (0..callers).map(|_| dice.below(shown.len())).collect();
    let events: Vec<Event> = of.iter().map(|session| guess(&shown[*session], &right)).collect();
    let answers = stage.race(&events).await;
    let signed_in: BTreeSet<usize> =
        of.iter().zip(&answers).filter(|(_, answer)| is_right(answer)).map(|(session, _)| *session).collect();
    ensure!(signed_in.len() == 1, "one code signed in the sessions {signed_in:?}");
    let mut after = BTreeSet::new();
    for (session, one) in shown.iter().enumerate() {
        if is_right(&stage.world.ask(&guess(one, &right)).await) {
            after.insert(session);
        }
    }
    ensure!(after.is_subset(&signed_in), "afterwards it signed in {after:?} too");
    Ok(())
}
