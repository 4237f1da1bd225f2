//! Which faults a request can meet.

use crate::proxy::fault::{Fault, Reason, Reasons};
use crate::proxy::script::{Passed, items};

/// Codes with which `DynamoDB` refuses requests (Amazon DynamoDB developer guide, "Error handling with DynamoDB").
const CODES: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "TransactionInProgressException",
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
    "AccessDeniedException",
    "ExpiredTokenException",
    "ResourceNotFoundException",
    "ValidationException",
    "ItemCollectionSizeLimitExceededException",
];

/// Attributes that may be absent, or that a reader may do without: an item without one of them is believable, and nobody can tell.
const OPTIONAL: &[&str] = &[
    // A mailbox.
    "bar",
    "invitation",
    "holder_sub",
    // A row, an audit record, a claim, a list.
    "address",
    "reason",
    "assumed",
    "list_of",
    "list_key",
    "ttl",
    // A domain without an owner or with the tenant's join mode, a tenant with the default policy.
    "join",
    "chain_of",
    "sso_required",
    "invitation_lookup",
    "invitations_outlive_inviter",
    // Counters without a limit.
    "seat_limit",
    // A provider that is off, a client that keeps the scope, a pool that denies and is nobody's.
    "enabled",
    "suppress_account_scope",
    "observe_unbound",
    "dedicated_to",
    // A code that was sent, not used, never passed, not after a password.
    "unsent",
    "used_by",
    "passed",
    "proven",
    // Who holds what a template made may hold it without more.
    "made",
    "former",
];

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every fault that there is.
    All,
    /// Each kind, and not each of its places.
    Kinds,
    /// Of a kind that differs in name or place alone, one: what is paired.
    Few,
}

/// What can happen to a request that passed like this on a good day.
pub(super) fn of(passed: &Passed, depth: Depth) -> Vec<Fault> {
    let all = depth == Depth::All;
    let delays: &[u64] = match depth {
        Depth::All => &[30, 790, 900, 1_750, 1_900, 2_600, 3_450, 3_600, 10_000],
        Depth::Kinds => &[30, 900, 10_000],
        // What comes a little late comes.
        Depth::Few => &[900, 10_000],
    };
    let mut faults: Vec<Fault> = delays.iter().flat_map(|ms| [Fault::Late(*ms), Fault::Slow(*ms)]).collect();
    faults.extend([
        Fault::Cut,
        Fault::Lost,
        Fault::Torn,
        Fault::Half,
        Fault::Page,
        Fault::Empty,
        Fault::Other,
        Fault::Status(503),
    ]);
    let codes = match depth {
        Depth::All => CODES,
        Depth::Kinds => &CODES[..4],
        Depth::Few => &CODES[2..4],
    };
    faults.extend(codes.iter().map(|code| Fault::Code((*code).to_owned())));
    if all {
        faults.extend([500, 502, 504, 403, 404, 413].map(Fault::Status));
    }
    match passed.operation.as_str() {
        "BatchGetItem" => {
            faults.push(Fault::Bare);
            left(passed, all, &mut faults);
        }
        // For one item it is the word for "not in the table".
        "Query" | "Scan" => faults.push(Fault::Bare),
        "TransactWriteItems" => cancelled(passed, depth, &mut faults),
        "UpdateItem" | "PutItem" | "DeleteItem" => {
            faults.push(Fault::Code("ConditionalCheckFailedException".to_owned()));
        }
        _ => {}
    }
    shapes(passed, depth, &mut faults);
    // A transaction of one part has few orders.
    let mut seen = std::collections::BTreeSet::new();
    faults.retain(|fault| seen.insert(fault.clone()));
    faults
}

/// Every delay from none to ten seconds, in steps.
pub(super) fn delays(step: u64) -> impl Iterator<Item = Fault> {
    (0..=10_000 / step).flat_map(move |nth| [Fault::Late(nth * step), Fault::Slow(nth * step)])
}

fn left(passed: &Passed, all: bool, faults: &mut Vec<Fault>) {
    faults.push(Fault::Left(None));
    let asked = passed.asked();
    let keys = asked["RequestItems"].as_object().into_iter().flatten();
    let keys = keys.map(|(_, asked)| asked["Keys"].as_array().map_or(0, Vec::len)).sum();
    faults.extend((0..keys).filter(|at| all || *at == 0).map(|at| Fault::Left(Some(at))));
}

fn cancelled(passed: &Passed, depth: Depth, faults: &mut Vec<Fault>) {
    let all = depth == Depth::All;
    let parts = passed.asked()["TransactItems"].as_array().map_or(0, Vec::len);
    let are = |reasons: Vec<Reason>| Fault::Cancelled(Reasons::Are(reasons));
    let one = |at: usize, reason: Reason| {
        let mut reasons = vec![Reason::None; parts];
        reasons[at] = reason;
        reasons
    };
    faults.push(Fault::Cancelled(Reasons::Nowhere));
    faults.push(are(Vec::new()));
    // Throttled by either name, and what is wrong with the request by either reason, is the same.
    let same = [Reason::Silent, Reason::Throughput, Reason::Size];
    for reason in Reason::ALL.into_iter().filter(|reason| depth != Depth::Few || !same.contains(reason)) {
        faults.push(are(vec![reason; parts]));
        if all {
            // Shorter and longer than the transaction.
            faults.push(are(vec![reason; parts - 1]));
            faults.push(are(vec![reason; parts + 1]));
        }
    }
    for at in 0..parts {
        if !all {
            if depth == Depth::Kinds || at == 0 || at + 1 == parts {
                faults.push(are(one(at, Reason::Condition)));
            }
            continue;
        }
        for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::None) {
            faults.push(are(one(at, reason)));
        }
        // A condition beside each other reason, at each other place.
        for beside in (0..parts).filter(|beside| *beside != at) {
            for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::None) {
                let mut reasons = one(at, Reason::Condition);
                reasons[beside] = reason;
                faults.push(are(reasons));
            }
        }
    }
    if !all && parts > 1 {
        let mut mixed = one(0, Reason::Condition);
        mixed[parts - 1] = Reason::Conflict;
        faults.push(are(mixed));
    }
}

/// Items of unknown shape, and of somebody else.
fn shapes(passed: &Passed, depth: Depth, faults: &mut Vec<Fault>) {
    let all = depth == Depth::All;
    let Some(mut answer) = passed.answered() else { return };
    let items = items(&mut answer);
    if items.is_empty() {
        return;
    }
    faults.push(Fault::Foreign);
    let most = if depth == Depth::Few { 1 } else { usize::MAX };
    for (at, item) in items.into_iter().enumerate().take(most) {
        faults.push(Fault::Schema(at));
        let keys = [store::keys::PK, store::keys::SK];
        for name in item.keys() {
            if all && !OPTIONAL.contains(&name.as_str()) {
                faults.push(Fault::Missing(at, name.clone()));
            }
            if all && !keys.contains(&name.as_str()) {
                faults.push(Fault::Type(at, name.clone()));
            }
        }
        if !all {
            faults.push(Fault::Missing(at, "kind".to_owned()));
            faults.push(Fault::Type(at, "revision".to_owned()));
        }
    }
}
