//! How a command fails: what went wrong, a code, what to do, and an exit code.

use std::process::ExitCode;

use domain::unseen::is_unseen;
use operations::{AttachError, ErrorKind, OperationError};
use store::Broken;
use store::connect::Untrusted;

use crate::output::tell_json;

/// Exit code: refused, or in a bad state.
pub(crate) const REFUSED: u8 = 1;
/// Exit code: the command line or a file is not what it should be.
pub(crate) const USAGE: u8 = 2;
/// Exit code: the table, DNS or AWS cannot be asked.
pub(crate) const BROKEN: u8 = 3;

/// A failed command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The operation failed.
    #[error("{0}")]
    Operation(#[from] OperationError),
    /// Attaching to a pool, or detaching, failed.
    #[error("{0}")]
    Attach(#[from] AttachError),
    /// The certificates to believe cannot be read.
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
    /// A file, or the system.
    #[error("{what}: {why}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's words.
        why: String,
    },
    /// No laptop runs.
    #[error("no stack runs on this machine: there is no .tenantry/local.json in this folder or above it")]
    NoLocal,
    /// The laptop's state cannot be read.
    #[error("{0} is not what the local stack writes")]
    OddLocal(String),
    /// Nobody knows who acts.
    #[error("nobody knows who you are, and every change is recorded with its actor")]
    NoActor,
    /// AWS does not know where.
    #[error("no AWS Region is set")]
    NoRegion,
    /// A name without its pool.
    #[error("{0} names no pool")]
    NoPool(String),
    /// A client to be without its pool.
    #[error("nothing says in which user pool to make {0}")]
    WhichPool(String),
    /// Rows of an import failed.
    #[error("{failed} of {rows} rows were not imported")]
    Import {
        /// How many.
        failed: u64,
        /// Of how many.
        rows: u64,
    },
    /// The import's columns are not the ones that are needed.
    #[error("{0}")]
    ImportFile(String),
    /// Nobody said yes.
    #[error("this erases what the table holds of this person, {0} memberships among it")]
    Unconfirmed(usize),
    /// Nobody agreed to what was shown.
    #[error("nothing was changed, since nobody agreed: {0}")]
    NotAgreed(String),
    /// The map from values to tenants is not what it should be.
    #[error("{file} is no map: {why}")]
    ImportMap {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// Users of a pool were not imported.
    #[error("{failed} users were not imported")]
    PoolImport {
        /// How many.
        failed: usize,
    },
    /// The pool has no such attribute.
    #[error("the pool's users have no attribute {name}; they have {}", .has.join(", "))]
    AttributeUnknown {
        /// What was asked for.
        name: String,
        /// What there is.
        has: Vec<String>,
    },
    /// The attribute is anybody's word.
    #[error(
        "users can write {names} of themselves at {}: whoever did so chose their own tenant or role",
        .clients.join(", ")
    )]
    AttributeWritable {
        /// Which attributes.
        names: String,
        /// At which clients, some of them.
        clients: Vec<String>,
    },
    /// Some app clients cannot be enforced without locking somebody out, as far as is known.
    #[error("{}", not_safe(*.refusing, *.unseen))]
    NotSafe {
        /// These would.
        refusing: usize,
        /// Of these nobody knows.
        unseen: usize,
    },
    /// So many people would be refused at an app client, and are members nowhere else.
    #[error("{} would be refused: the codes above say why", if *.0 == 1 { "1 person".to_owned() } else { format!("{} people", .0) })]
    PeopleRefused(u64),
    /// App clients would be denied that nobody decided about.
    #[error("these app clients were never bound, and their users would get no token: {}", few(.0))]
    ClientsUnbound(Vec<String>),
    /// The laptop has no CloudWatch Logs.
    #[error("the stack of this machine keeps no logs that can be asked")]
    NoLocalLogs,
    /// None of our functions has written a log.
    #[error("there is no log group of ours: none is called {0} and a trigger's name")]
    NoLogs(String),
    /// The credentials may not.
    #[error("the AWS credentials do not allow logs:{0}")]
    LogsNotAllowed(&'static str),
    /// A query has an end.
    #[error("CloudWatch Logs has more rows than it gives away at once")]
    TooManyLogs,
    /// No answer, or none that can be read.
    #[error("{call} of CloudWatch Logs failed: {cause}")]
    Logs {
        /// The API's operation.
        call: &'static str,
        /// The error's code and words, or the kind of failure.
        cause: String,
    },
    /// Problems are left.
    #[error("{0} problems are left")]
    Unsound(usize),
}

impl Failure {
    /// A failure of the system.
    pub fn io(what: impl Into<String>, error: &std::io::Error) -> Self {
        Self::Io { what: what.into(), why: error.to_string() }
    }

    /// The code, which never changes its meaning.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Operation(error) => error.code(),
            Self::Attach(error) => error.code(),
            Self::Untrusted(_) => "CERTIFICATES",
            Self::Io { .. } => "FILE",
            Self::NoLocal => "LOCAL_NOT_RUNNING",
            Self::OddLocal(_) => "LOCAL_STATE",
            Self::NoActor => "NO_ACTOR",
            Self::NoRegion => "NO_REGION",
            Self::NoPool(_) | Self::WhichPool(_) => "NO_POOL",
            Self::Import { .. } | Self::PoolImport { .. } => "IMPORT_INCOMPLETE",
            Self::ImportFile(_) | Self::ImportMap { .. } => "IMPORT_FILE",
            Self::Unconfirmed(_) | Self::NotAgreed(_) => "UNCONFIRMED",
            Self::Unsound(_) => "UNSOUND",
            Self::AttributeUnknown { .. } => "ATTRIBUTE_UNKNOWN",
            Self::AttributeWritable { .. } => "ATTRIBUTE_WRITABLE",
            Self::NotSafe { .. } | Self::PeopleRefused(_) => "NOT_SAFE",
            Self::ClientsUnbound(_) => "CLIENTS_UNBOUND",
            Self::NoLocalLogs => "LOCAL_LOGS",
            Self::NoLogs(_) => "LOGS_MISSING",
            Self::LogsNotAllowed(_) => "LOGS_NOT_ALLOWED",
            Self::TooManyLogs => "LOGS_TOO_MANY",
            Self::Logs { .. } => "LOGS_BROKEN",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Operation(error) => error.help(),
            Self::Attach(error) => error.help(),
            Self::Untrusted(_) => "without --ca-bundle Amazon's own roots are believed".to_owned(),
            Self::Io { .. } => "check the path and its permissions".to_owned(),
            Self::NoLocal => "start one with `cargo xtask demo`, or leave --local out for AWS".to_owned(),
            Self::OddLocal(_) => "start the stack again with `cargo xtask demo`".to_owned(),
            Self::NoActor => "pass --as NAME".to_owned(),
            Self::NoRegion => "pass --region, or set AWS_REGION".to_owned(),
            Self::NoPool(_) => "write POOL:NAME, for example eu-central-1_AbCdEf:name".to_owned(),
            Self::WhichPool(_) => "pass --pool POOL".to_owned(),
            Self::Import { .. } => {
                "correct these rows and repeat the command with the same file: what is imported is skipped".to_owned()
            }
            Self::ImportFile(_) => {
                "a CSV file begins with the line `sub,tenant,roles` (also: pool, email); JSON lines name the same"
                    .to_owned()
            }
            Self::Unconfirmed(_) => "`tenantctl person export` shows it; pass --yes to erase it".to_owned(),
            Self::NotAgreed(_) => "pass --yes to go on without being asked".to_owned(),
            Self::ImportMap { .. } => "a map begins with the line `value,tenant`; a tenant is named by slug or id".to_owned(),
            Self::PoolImport { .. } => "see the codes; the same command again imports who is left".to_owned(),
            Self::AttributeUnknown { .. } => "custom attributes are named with custom:".to_owned(),
            Self::AttributeWritable { .. } => {
                "take the attribute out of these clients' WriteAttributes, then look at what it says: it may have been written before. \
                 If nobody can have set it wrongly, pass --trust-attribute=NAME"
                    .to_owned()
            }
            Self::NotSafe { .. } => "let these clients observe until the reasons above are gone".to_owned(),
            Self::PeopleRefused(_) => {
                "let the client observe until these people are imported or invited, or enforce it if they are to stay outside".to_owned()
            }
            Self::ClientsUnbound(_) => {
                "`tenantctl client bind POOL:CLIENT --tenant TENANT` binds one, and lets it observe; pass --yes to deny them all"
                    .to_owned()
            }
            Self::NoLocalLogs => "pass --logs FILE with the lines that it printed (- for the standard input)".to_owned(),
            Self::NoLogs(_) => {
                "check --region and --functions-prefix, or name the groups with --log-group; nobody may have signed in yet"
                    .to_owned()
            }
            Self::LogsNotAllowed(_) => {
                "let IAM allow logs:DescribeLogGroups, logs:StartQuery, logs:GetQueryResults and logs:StopQuery".to_owned()
            }
            Self::TooManyLogs => "name one app client, POOL:CLIENT".to_owned(),
            Self::Logs { .. } => "check the network, the credentials and --region; repeating is safe".to_owned(),
            Self::Unsound(_) => "`--fix` puts right what it safely can; the rest needs somebody to decide".to_owned(),
        }
    }

    const fn exit(&self) -> u8 {
        match self {
            Self::Operation(error) => of_kind(error.kind()),
            Self::Attach(error) => of_kind(error.kind()),
            Self::Import { .. }
            | Self::NotSafe { .. }
            | Self::PeopleRefused(_)
            | Self::ClientsUnbound(_)
            | Self::PoolImport { .. }
            | Self::AttributeWritable { .. }
            | Self::Unsound(_)
            | Self::Unconfirmed(_)
            | Self::NotAgreed(_) => REFUSED,
            Self::NoLocal
            | Self::OddLocal(_)
            | Self::NoLocalLogs
            | Self::NoLogs(_)
            | Self::LogsNotAllowed(_)
            | Self::TooManyLogs
            | Self::Logs { .. } => BROKEN,
            Self::Untrusted(_)
            | Self::Io { .. }
            | Self::NoActor
            | Self::AttributeUnknown { .. }
            | Self::ImportMap { .. }
            | Self::NoRegion
            | Self::NoPool(_)
            | Self::WhichPool(_)
            | Self::ImportFile(_) => USAGE,
        }
    }

    /// Tells it on the standard error, and gives the exit code.
    pub fn report(&self, json: bool) -> ExitCode {
        if json {
            tell_json(&serde_json::json!({
                "error": { "code": self.code(), "message": self.to_string(), "help": self.help() }
            }));
        } else {
            eprintln!("error: {} [{}]", plain(&self.to_string()), self.code());
            eprintln!("help: {}", plain(&self.help()));
        }
        ExitCode::from(self.exit())
    }
}

const fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Refused => REFUSED,
        ErrorKind::Usage => USAGE,
        ErrorKind::Broken => BROKEN,
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self::Operation(OperationError::from(broken))
    }
}

/// How many app clients cannot be enforced yet.
fn not_safe(refusing: usize, unseen: usize) -> String {
    let clients = |count: usize| format!("{count} app client{}", if count == 1 { "" } else { "s" });
    let refusing = (refusing > 0).then(|| format!("{} would refuse somebody, or did", clients(refusing)));
    let unseen = (unseen > 0).then(|| format!("nothing is known of {}", clients(unseen)));
    refusing.into_iter().chain(unseen).collect::<Vec<_>>().join("; ")
}

/// The first of them, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// A text in which nothing can rearrange the terminal: control and bidirectional characters are written out.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if is_unseen(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// As [`plain`], of a text of several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// What clap says of a command line that is none, in which what was typed cannot pass for words of ours.
pub(crate) fn usage(said: &str, typed: &[String]) -> String {
    let values = typed.iter().flat_map(|word| [Some(word.as_str()), word.split_once('=').map(|(_, value)| value)]);
    let odd = values.flatten().filter(|value| plain(value) != **value);
    plain_lines(&odd.fold(said.to_owned(), |said, value| said.replace(value, &plain(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_no_line_of_ours() {
        let typed = ["tenantctl", "--name=a\nerror: b", "\u{9b}31m"].map(str::to_owned);
        let said = usage("error: bad 'a\nerror: b'\n\nand '\u{9b}31m'\n", &typed);
        assert_eq!(said, "error: bad 'a\\u{a}error: b'\n\nand '\\u{9b}31m'\n");
    }

    #[test]
    fn nothing_rearranges_the_terminal() {
        assert_eq!(plain("Acme GmbH & Söhne"), "Acme GmbH & Söhne");
        assert_eq!(plain("\u{1b}[31mred\u{202e}\n"), "\\u{1b}[31mred\\u{202e}\\u{a}");
        assert_eq!(plain("a\u{61c}b\u{e0041}"), "a\\u{61c}b\\u{e0041}");
    }
}
