//! A slice of the reference model: sequences of operations and random facts, always the same.

use tests::campaign::{Effort, model};

/// What the sequences reach; the other refusals need a session, a table or an event that Cognito and the operations do not make.
const REACHED: [&str; 20] = [
    "INVITATION_REQUIRED",
    "INVITATION_UNUSABLE",
    "MEMBERSHIP_ENDED",
    "MEMBERSHIP_SUSPENDED",
    "APPROVAL_PENDING",
    "APPROVAL_DENIED",
    "SEATS_FULL",
    "TENANT_SUSPENDED",
    "TENANT_CLOSED",
    "SSO_REQUIRED",
    "PROVIDER_NOT_ACCEPTED",
    "EMAIL_NOT_VERIFIED",
    "EMAIL_NOT_ACCEPTED",
    "LINKED_ACCOUNT",
    "SIGN_IN_AGAIN",
    "TOO_MANY_CODES",
    "SIGN_IN_LOCKED",
    "CLIENT_NOT_BOUND",
    "sequences",
    "decisions of pure functions",
];

#[test]
fn whatever_happened_before_tenantry_decides_as_the_documents_say() {
    let tally = model::run(&Effort::slice(6)).unwrap_or_else(|failed| panic!("{failed}"));
    for what in REACHED {
        let count = tally.count(what).max(tally.count(&format!("answers {what}")));
        assert!(count > 0, "nothing of {what} in\n{tally}");
    }
}
