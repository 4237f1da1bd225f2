//! One schedule: what is done, how often it is delivered, what happens to which request. Its text replays it.

use std::fmt;

use super::scenario::{self, Scenario};
use crate::proxy::fault::Fault;

/// How often an event is delivered, or an operation asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deliveries {
    /// Once.
    Once,
    /// Twice, one after the other, by the same process.
    Twice,
    /// Three times, one after the other, by the same process.
    Thrice,
    /// Twice, one after the other, by two processes.
    Anew,
    /// Twice at the same time.
    Together,
    /// Three times at the same time.
    Crowd,
    /// Twice, and what comes after it in between.
    Around,
    /// What comes after it is first.
    Before,
}

impl Deliveries {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Once, Self::Twice, Self::Thrice, Self::Anew, Self::Together, Self::Crowd, Self::Around, Self::Before];

    const fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Twice => "twice",
            Self::Thrice => "thrice",
            Self::Anew => "anew",
            Self::Together => "together",
            Self::Crowd => "crowd",
            Self::Around => "around",
            Self::Before => "before",
        }
    }
}

/// A request: of which process, the how manieth.
pub(super) type Place = (usize, usize);

/// What is to be done, and what is to happen.
#[derive(Clone)]
pub struct Schedule {
    /// What is done.
    pub scenario: Scenario,
    /// How often.
    pub deliveries: Deliveries,
    /// What happens to which request.
    pub faults: Vec<(Place, Fault)>,
}

impl Schedule {
    /// Without a fault.
    pub const fn peaceful(scenario: Scenario, deliveries: Deliveries) -> Self {
        Self { scenario, deliveries, faults: Vec::new() }
    }

    /// With these faults.
    pub fn with(scenario: Scenario, deliveries: Deliveries, faults: &[(Place, Fault)]) -> Self {
        Self { scenario, deliveries, faults: faults.to_vec() }
    }

    /// From its text.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let name = words.next().ok_or("an empty line")?;
        let scenario = scenario::all().into_iter().find(|known| known.name == name);
        let scenario = scenario.ok_or_else(|| format!("there is no scenario {name:?}"))?;
        let word = words.next().ok_or("how often?")?;
        let deliveries = Deliveries::ALL.into_iter().find(|known| known.word() == word);
        let deliveries = deliveries.ok_or_else(|| format!("{word:?} is no way to deliver"))?;
        let mut faults = Vec::new();
        for word in words {
            let wrong = || format!("{word:?} is no PROCESS.REQUEST=FAULT");
            let (place, fault) = word.split_once('=').ok_or_else(wrong)?;
            let (process, request) = place.split_once('.').ok_or_else(wrong)?;
            let place = (process.parse().map_err(|_| wrong())?, request.parse().map_err(|_| wrong())?);
            faults.push((place, fault.parse()?));
        }
        Ok(Self { scenario, deliveries, faults })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.scenario.name, self.deliveries.word())?;
        self.faults.iter().try_for_each(|((process, request), fault)| write!(out, " {process}.{request}={fault}"))
    }
}
