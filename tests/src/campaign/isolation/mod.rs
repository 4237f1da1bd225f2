//! Isolation: five tenants, every credential of each, at every door and with every operation of each. What each may comes from small tables
//! written from the prose; every cell is tried, those that are allowed too. Nothing is random.

mod codes;
mod confirmations;
pub mod operations;
mod sign_ups;
mod tokens;
mod town;

pub use town::{Credential, Kind, TENANTS, credentials};

use tokio::runtime::Runtime;

use self::town::Town;
use super::{Effort, Failed, Tally};

/// The parts of the matrix.
pub const PARTS: [&str; 5] = ["tokens", "sign-ups", "confirmations", "codes", "operations"];

/// Tries all of it: in the slice of the tests the people of one tenant, and nobody, at the doors of all five; else everybody, however much time
/// there is. A line is `PART` or `PART CREDENTIAL`.
pub fn run(effort: &Effort) -> Result<Tally, Failed> {
    let mut tally = Tally::new();
    if let Some(line) = &effort.only {
        let (part, who) = line.split_once(' ').unwrap_or((line, ""));
        let asked: Vec<Credential> =
            credentials().into_iter().filter(|one| who.is_empty() || one.name() == who).collect();
        return one(part, &asked, !who.is_empty());
    }
    for part in PARTS {
        tally.merge(&one(part, &if effort.is_slice() { people_of(effort.seed) } else { credentials() }, false)?);
    }
    Ok(tally)
}

/// One part, with those people alone whom a seed chooses.
pub fn slice(part: &str, seed: u64) -> Result<Tally, Failed> {
    one(part, &people_of(seed), false)
}

/// The people of one tenant, and nobody.
fn people_of(seed: u64) -> Vec<Credential> {
    let tenants = TENANTS.len() as u64;
    let home = usize::try_from(seed % tenants).expect("below five");
    credentials().into_iter().filter(|one| one.home == home || one.kind == Kind::Nobody).collect()
}

fn one(part: &str, people: &[Credential], closely: bool) -> Result<Tally, Failed> {
    runtime().block_on(async {
        let town = Town::settle(closely).await;
        let mut tally = Tally::new();
        if part == "codes" {
            codes::matrix(&mut tally).await.map_err(|what| Failed::new(what, part))?;
            return Ok(tally);
        }
        for credential in people {
            let tried = match part {
                "tokens" => tokens::row(&town, credential, &mut tally).await,
                "sign-ups" => sign_ups::row(&town, credential, &mut tally).await,
                "confirmations" => confirmations::row(&town, credential, &mut tally).await,
                "operations" => operations::row(&town, &operations::By::Credential(*credential), &mut tally).await,
                _ => Err("there is no such part".to_owned()),
            };
            tried.map_err(|what| failed(part, credential, &what))?;
        }
        if part == "operations" {
            for by in [operations::By::Operator, operations::By::Trigger] {
                let tried = operations::row(&town, &by, &mut tally).await;
                tried.map_err(|what| Failed::new(format!("{by:?}: {what}"), part))?;
            }
        }
        Ok(tally)
    })
}

fn failed(part: &str, who: &Credential, what: &str) -> Failed {
    Failed::new(format!("{}: {what}", who.name()), format!("{part} {}", who.name()))
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A cell that is not as the table says.
macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}
use ensure;
