//! What can happen to a request on a bad day, and how a replay line writes it.

use std::fmt;
use std::str::FromStr;

/// One thing that happens to one request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The request arrives so many milliseconds later; whoever sent it may have given up by then, and it is done all the same.
    Late(u64),
    /// It is done at once, and its answer comes so many milliseconds later.
    Slow(u64),
    /// Refused with this code of `DynamoDB`, and not done.
    Code(String),
    /// Refused with this status and a page of HTML, as load balancers do, and not done.
    Status(u16),
    /// The connection is cut before it arrives.
    Cut,
    /// It is done, and the connection is cut before the answer.
    Lost,
    /// It is done, and the connection is cut in the middle of the answer.
    Torn,
    /// It is done, and half of the answer's JSON comes, as if it were all.
    Half,
    /// It is done, and the answer is no JSON.
    Page,
    /// It is done, and the answer is empty.
    Empty,
    /// It is done, and the answer is JSON of another kind.
    Other,
    /// It is done, and the answer is an object with nothing in it.
    Bare,
    /// A batch leaves these keys unprocessed, by their places; none means all of them.
    Left(Option<usize>),
    /// A transaction is cancelled, for these reasons, and not done.
    Cancelled(Reasons),
    /// The items of the answer stand under other keys.
    Foreign,
    /// One item of the answer is of another major version.
    Schema(usize),
    /// One item of the answer lacks an attribute.
    Missing(usize, String),
    /// One item of the answer has an attribute of another type.
    Type(usize, String),
}

/// Why a transaction is cancelled: a letter for each part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reasons {
    /// The answer has no list.
    Nowhere,
    /// In this order. The list may be shorter or longer than the transaction.
    Are(Vec<Reason>),
}

/// Why a part of a transaction cancels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It does not.
    None,
    /// The list has an entry without a code.
    Silent,
    /// Its condition did not hold.
    Condition,
    /// Somebody else writes the same item.
    Conflict,
    /// Throttled.
    Throttled,
    /// Throttled, by the other name.
    Throughput,
    /// The request is wrong.
    Validation,
    /// The collection is too large.
    Size,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Silent,
        Self::Condition,
        Self::Conflict,
        Self::Throttled,
        Self::Throughput,
        Self::Validation,
        Self::Size,
    ];

    const fn letter(self) -> char {
        match self {
            Self::None => 'N',
            Self::Silent => 'S',
            Self::Condition => 'C',
            Self::Conflict => 'X',
            Self::Throttled => 'T',
            Self::Throughput => 'P',
            Self::Validation => 'V',
            Self::Size => 'I',
        }
    }

    /// As `DynamoDB` writes it.
    pub const fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::Silent => return None,
            Self::None => "None",
            Self::Condition => "ConditionalCheckFailed",
            Self::Conflict => "TransactionConflict",
            Self::Throttled => "ThrottlingError",
            Self::Throughput => "ProvisionedThroughputExceeded",
            Self::Validation => "ValidationError",
            Self::Size => "ItemCollectionSizeLimitExceeded",
        })
    }
}

impl Fault {
    /// Whether the request may be done without whoever sent it learning so.
    pub fn hides(&self) -> bool {
        matches!(
            self,
            Self::Late(_)
                | Self::Slow(_)
                | Self::Lost
                | Self::Torn
                | Self::Half
                | Self::Page
                | Self::Empty
                | Self::Other
                | Self::Bare
        )
    }

    /// Whether what the table answers is believable and not so: a condition that is said not to hold.
    pub fn lies(&self) -> bool {
        match self {
            Self::Code(code) => code == "ConditionalCheckFailedException",
            Self::Cancelled(Reasons::Are(reasons)) => reasons.contains(&Reason::Condition),
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(ms) => write!(out, "late:{ms}"),
            Self::Slow(ms) => write!(out, "slow:{ms}"),
            Self::Code(code) => write!(out, "code:{code}"),
            Self::Status(status) => write!(out, "status:{status}"),
            Self::Cut => out.write_str("cut"),
            Self::Lost => out.write_str("lost"),
            Self::Torn => out.write_str("torn"),
            Self::Half => out.write_str("half"),
            Self::Page => out.write_str("page"),
            Self::Empty => out.write_str("empty"),
            Self::Other => out.write_str("other"),
            Self::Bare => out.write_str("bare"),
            Self::Left(None) => out.write_str("left:all"),
            Self::Left(Some(at)) => write!(out, "left:{at}"),
            Self::Cancelled(Reasons::Nowhere) => out.write_str("cancelled:?"),
            Self::Cancelled(Reasons::Are(reasons)) => {
                write!(out, "cancelled:{}", reasons.iter().map(|reason| reason.letter()).collect::<String>())
            }
            Self::Foreign => out.write_str("foreign"),
            Self::Schema(item) => write!(out, "schema:{item}"),
            Self::Missing(item, name) => write!(out, "missing:{item}.{name}"),
            Self::Type(item, name) => write!(out, "type:{item}.{name}"),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text:?} is no fault");
        let (kind, of) = text.split_once(':').unwrap_or((text, ""));
        let number = || of.parse::<u64>().map_err(|_| unknown());
        let place = |of: &str| of.parse::<usize>().map_err(|_| unknown());
        let attribute = || {
            let (item, name) = of.split_once('.').ok_or_else(unknown)?;
            Ok::<_, String>((place(item)?, name.to_owned()))
        };
        Ok(match kind {
            "late" => Self::Late(number()?),
            "slow" => Self::Slow(number()?),
            "code" => Self::Code(of.to_owned()),
            "status" => Self::Status(of.parse().map_err(|_| unknown())?),
            "cut" => Self::Cut,
            "lost" => Self::Lost,
            "torn" => Self::Torn,
            "half" => Self::Half,
            "page" => Self::Page,
            "empty" => Self::Empty,
            "other" => Self::Other,
            "bare" => Self::Bare,
            "left" if of == "all" => Self::Left(None),
            "left" => Self::Left(Some(place(of)?)),
            "cancelled" if of == "?" => Self::Cancelled(Reasons::Nowhere),
            "cancelled" => {
                let reason = |letter| Reason::ALL.into_iter().find(|reason| reason.letter() == letter);
                Self::Cancelled(Reasons::Are(of.chars().map(reason).collect::<Option<_>>().ok_or_else(unknown)?))
            }
            "foreign" => Self::Foreign,
            "schema" => Self::Schema(place(of)?),
            "missing" => attribute().map(|(item, name)| Self::Missing(item, name))?,
            "type" => attribute().map(|(item, name)| Self::Type(item, name))?,
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_as_it_is_written() {
        for text in [
            "late:2500",
            "slow:0",
            "code:ThrottlingException",
            "status:503",
            "cut",
            "lost",
            "torn",
            "half",
            "page",
            "empty",
            "other",
            "bare",
            "left:all",
            "left:3",
            "cancelled:?",
            "cancelled:",
            "cancelled:NSCXTPVI",
            "foreign",
            "schema:1",
            "missing:0.tenant_id",
            "type:2.roles",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "late", "late:x", "left:", "cancelled:Q", "missing:roles", "cute"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
