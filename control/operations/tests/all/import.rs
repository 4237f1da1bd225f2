//! Importing row by row: a dry run says of every row what the import says of it.

use domain::{Holder, Mailbox, MailboxKey, TenantId};
use operations::{ImportRow, Imported, PolicyChange};
use store::entity::KeyedMailbox;

use crate::table::{World, email, person, roles};

/// Person, roles, and whose mailbox.
type Row<'a> = (&'a str, &'a str, Option<&'a str>);
/// What it is about, the most seats, the rows, and what is said of each.
type Case<'a> = (&'a str, Option<u64>, &'a [Row<'a>], &'a [&'a str]);

impl World {
    /// Somebody who asked to join with their mailbox.
    async fn request_with_mailbox(&self, tenant: &TenantId, name: &str) {
        self.request(tenant, name).await;
        let mut rows = self.ops.members(tenant).await.unwrap();
        rows.retain(|row| row.person == person(name));
        let holder = rows.pop().map(|row| Holder { person: row.person, member: row.member });
        let mailbox = Mailbox { holder, ..Mailbox::default() };
        let session = self.table.session(None);
        let mut transaction = store::Transaction::new(&session);
        transaction.write((), &KeyedMailbox::new(tenant, &MailboxKey::of(tenant, &email(name)), mailbox)).unwrap();
        assert_eq!(session.commit(&transaction).await.unwrap(), store::Commit::Done);
    }
}

/// What an import says of each row. Before it, olga is a member, and rita asked to become one.
async fn said(limit: Option<u64>, rows: &[Row<'_>], dry: bool) -> Vec<&'static str> {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.add(&acme.id, "olga", "owner").await;
    world.request_with_mailbox(&acme.id, "rita").await;
    world.ops.set_policy(&acme.id, &PolicyChange { seat_limit: Some(limit), ..PolicyChange::default() }).await.unwrap();
    let mut importer = world.ops.importer(dry);
    let mut said = Vec::new();
    for (at, (name, role, address)) in rows.iter().enumerate() {
        // The same tenant by either of its names.
        let tenant = if at % 2 == 0 { acme.slug.to_string() } else { acme.id.to_string() };
        let row = ImportRow { person: person(name), address: address.map(email), tenant, roles: roles(role) };
        said.push(match importer.row(&row).await {
            Ok(Imported::Added) => "added",
            Ok(Imported::Already) => "already",
            Err(error) => error.code(),
        });
    }
    let members = world.counted(&acme.id).await.0;
    let added = said.iter().filter(|one| **one == "added").count() as u64;
    assert_eq!(members, if dry { 1 } else { 1 + added }, "{rows:?}");
    said
}

#[tokio::test]
async fn a_dry_run_says_of_every_row_what_the_import_says() {
    let (ann, rita) = (Some("ann"), Some("rita"));
    let cases: [Case<'_>; 9] = [
        ("twice", None, &[("ann", "member", ann), ("ann", "member", ann)], &["added", "already"]),
        (
            "twice where one seat is left",
            Some(2),
            &[("ann", "member", ann), ("ann", "member", ann), ("olga", "owner", None), ("bob", "member", None)],
            &["added", "already", "already", "SEATS_FULL"],
        ),
        ("in two roles", None, &[("ann", "member", None), ("ann", "admin", None)], &["added", "MEMBER_EXISTS"]),
        (
            "again with somebody's mailbox",
            None,
            &[("ann", "member", ann), ("ann", "member", Some("olga")), ("bob", "member", Some("olga"))],
            &["added", "already", "MEMBER_EXISTS"],
        ),
        (
            "two with one mailbox",
            None,
            &[("ann", "member", ann), ("bob", "member", ann), ("bob", "member", None), ("mia", "member", ann)],
            &["added", "MEMBER_EXISTS", "added", "MEMBER_EXISTS"],
        ),
        (
            "with the mailbox of a request",
            None,
            &[("rita", "member", None), ("bob", "member", rita)],
            &["added", "MEMBER_EXISTS"],
        ),
        (
            "requested, with another mailbox",
            None,
            &[("rita", "member", ann), ("bob", "member", rita), ("eve", "member", ann)],
            &["added", "added", "MEMBER_EXISTS"],
        ),
        ("before the request", None, &[("bob", "member", rita), ("rita", "member", None)], &["added", "MEMBER_EXISTS"]),
        (
            "without a seat",
            Some(1),
            &[("ann", "member", ann), ("ann", "admin", ann), ("bob", "member", ann)],
            &["SEATS_FULL", "SEATS_FULL", "SEATS_FULL"],
        ),
    ];
    for (case, limit, rows, expected) in cases {
        assert_eq!(said(limit, rows, false).await, expected, "{case}");
        assert_eq!(said(limit, rows, true).await, expected, "{case}, dry");
    }
}
