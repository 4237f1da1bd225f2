//! What has to be true of every table, whatever happened to it: nothing is lost, nothing is there twice, nothing is of somebody else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::dump::Dump;

/// What is wrong with a table, if anything is.
pub fn unsound(dump: &Dump) -> Result<(), String> {
    unsound_with(dump, &Dump::new())
}

/// What is wrong with a table in which this changed; `null` is gone.
pub fn unsound_with(dump: &Dump, changes: &Dump) -> Result<(), String> {
    let same = dump.iter().filter(|(key, _)| !changes.contains_key(*key));
    let other = changes.iter().filter(|(_, item)| !item.is_null());
    let table = Table(same.chain(other).map(|(key, item)| (key.as_str(), item)).collect());
    table.keys()?;
    table.tenants()?;
    table.seats()?;
    table.members()?;
    table.mailboxes()?;
    table.invitations()?;
    table.enrolments()
}

struct Table<'a>(BTreeMap<&'a str, &'a Value>);

fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item[name].as_str()
}

impl<'a> Table<'a> {
    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().map(|(key, item)| (*key, *item)).filter(move |(_, item)| item["kind"] == kind)
    }

    fn get(&self, pk: &str, sk: &str) -> Option<&'a Value> {
        self.0.get(format!("{pk} | {sk}").as_str()).copied()
    }

    /// An item is of the tenant, the person and the pool that its key names.
    fn keys(&self) -> Result<(), String> {
        for (key, item) in &self.0 {
            let (pk, sk) = key.split_once(" | ").unwrap_or_default();
            let tenant = text(item, "tenant_id").unwrap_or_default();
            let agrees = match text(item, "kind") {
                Some("membership") => {
                    pk == format!(
                        "PERSON#{}#{}",
                        text(item, "pool").unwrap_or_default(),
                        text(item, "sub").unwrap_or_default()
                    ) && sk == format!("TENANT#{tenant}")
                }
                Some("tenant" | "seats" | "mailbox" | "audit") => pk == format!("TENANT#{tenant}"),
                Some("invitation") => text(item, "digest").is_some_and(|digest| pk == format!("INVITATION#{digest}")),
                Some(_) => true,
                None => false,
            };
            if !agrees || item["revision"].as_u64().is_none_or(|revision| revision == 0) {
                return Err(format!("{key} is not what its key says, or was never written: {item}"));
            }
        }
        Ok(())
    }

    /// Every tenant has its slug, and every slug its tenant; what belongs to a tenant belongs to one that there is.
    fn tenants(&self) -> Result<(), String> {
        let tenants: BTreeSet<&str> = self.of_kind("tenant").filter_map(|(_, item)| text(item, "tenant_id")).collect();
        for (key, item) in &self.0 {
            if item["kind"] == "audit" {
                continue;
            }
            if let Some(tenant) = text(item, "tenant_id").filter(|tenant| !tenants.contains(tenant)) {
                return Err(format!("{key} is of {tenant}, which there is not"));
            }
        }
        for (key, item) in self.of_kind("tenant") {
            let slug = format!("SLUG#{}", text(item, "slug").unwrap_or_default());
            let owner = self.get(&slug, "SLUG").and_then(|owner| text(owner, "tenant_id"));
            if owner != text(item, "tenant_id") {
                return Err(format!("the slug of {key} is of {owner:?}"));
            }
            if self.get(&format!("TENANT#{}", text(item, "tenant_id").unwrap_or_default()), "SEATS").is_none() {
                return Err(format!("{key} has no counters"));
            }
        }
        Ok(())
    }

    /// Seats and owners are those of the rows, and within the limit.
    fn seats(&self) -> Result<(), String> {
        for (key, seats) in self.of_kind("seats") {
            let rows = || self.of_kind("membership").filter(|(_, row)| row["tenant_id"] == seats["tenant_id"]);
            let used = rows().filter(|(_, row)| matches!(text(row, "status"), Some("active" | "suspended"))).count();
            let owners = rows().filter(|(_, row)| row["status"] == "active" && row["rank"] == 4).count();
            if seats["used"] != used || seats["owners"] != owners {
                return Err(format!("{key} counts {seats}, and there are {used} seats, {owners} owners"));
            }
            if seats["seat_limit"].as_u64().is_some_and(|limit| used as u64 > limit) {
                return Err(format!("{key}: {used} seats of {}", seats["seat_limit"]));
            }
        }
        Ok(())
    }

    /// A member's id is theirs alone in their tenant, but for those whose place was taken over.
    fn members(&self) -> Result<(), String> {
        let mut seen = BTreeMap::new();
        for (key, row) in self.of_kind("membership").filter(|(_, row)| row["status"] != "superseded") {
            if let Some(other) = seen.insert((text(row, "tenant_id"), text(row, "member_id")), key) {
                return Err(format!("{key} and {other} are the same member"));
            }
        }
        Ok(())
    }

    /// The holder of a mailbox is one of the tenant's people, by their own id.
    fn mailboxes(&self) -> Result<(), String> {
        for (key, mailbox) in self.of_kind("mailbox") {
            let Some(sub) = text(mailbox, "holder_sub") else { continue };
            let person = format!("PERSON#{}#{sub}", text(mailbox, "holder_pool").unwrap_or_default());
            let tenant = format!("TENANT#{}", text(mailbox, "tenant_id").unwrap_or_default());
            let row = self.get(&person, &tenant);
            if row.and_then(|row| text(row, "member_id")) != text(mailbox, "holder_member") {
                return Err(format!("{key} is held by {person}, who is {row:?}"));
            }
        }
        Ok(())
    }

    /// An open invitation is the one that its mailbox knows, and the other way round; a redeemed one made somebody a member.
    fn invitations(&self) -> Result<(), String> {
        let known: BTreeMap<&str, &Value> = self
            .of_kind("mailbox")
            .filter_map(|(_, mailbox)| Some((mailbox["invitation"]["digest"].as_str()?, mailbox)))
            .collect();
        for (key, item) in self.of_kind("invitation") {
            let digest = text(item, "digest").unwrap_or_default();
            match (text(item, "state"), known.get(digest)) {
                (Some("open"), Some(mailbox)) if mailbox["tenant_id"] == item["tenant_id"] => {}
                (Some("revoked"), None) => {}
                (Some("accepted"), None) => {
                    let by = |name| text(item, name).unwrap_or_default();
                    let person = format!("PERSON#{}#{}", by("accepted_pool"), by("accepted_sub"));
                    if self.get(&person, &format!("TENANT#{}", by("tenant_id"))).is_none() {
                        return Err(format!("{key} was redeemed by {person}, who never was a member"));
                    }
                }
                (state, mailbox) => return Err(format!("{key} is {state:?}, and its mailbox is {mailbox:?}")),
            }
        }
        for digest in known.keys() {
            if self.get(&format!("INVITATION#{digest}"), "INVITATION").is_none() {
                return Err(format!("a mailbox knows the invitation {digest}, which there is not"));
            }
        }
        Ok(())
    }

    /// What pre sign-up remembers is an invitation of the same tenant.
    fn enrolments(&self) -> Result<(), String> {
        for (key, item) in self.of_kind("enrolment") {
            let digest = text(item, "invitation").unwrap_or_default();
            let invitation = self.get(&format!("INVITATION#{digest}"), "INVITATION");
            if invitation.is_none_or(|invitation| invitation["tenant_id"] != item["tenant_id"]) {
                return Err(format!("{key} remembers {invitation:?}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// One tenant, one member by invitation, one who is invited.
    fn table() -> Dump {
        [
            ("TENANT#t_a | TENANT", json!({ "kind": "tenant", "tenant_id": "t_a", "slug": "a" })),
            ("TENANT#t_a | SEATS", json!({ "kind": "seats", "tenant_id": "t_a", "used": 1, "owners": 1, "seat_limit": 1 })),
            ("SLUG#a | SLUG", json!({ "kind": "slug", "tenant_id": "t_a" })),
            (
                "PERSON#p#s | TENANT#t_a",
                json!({
                    "kind": "membership", "pool": "p", "sub": "s", "tenant_id": "t_a", "member_id": "m_a",
                    "status": "active", "rank": 4,
                }),
            ),
            (
                "TENANT#t_a | MAILBOX#1",
                json!({
                    "kind": "mailbox", "tenant_id": "t_a", "holder_pool": "p", "holder_sub": "s", "holder_member": "m_a",
                }),
            ),
            ("TENANT#t_a | MAILBOX#2", json!({ "kind": "mailbox", "tenant_id": "t_a", "invitation": { "digest": "d" } })),
            (
                "INVITATION#d | INVITATION",
                json!({ "kind": "invitation", "tenant_id": "t_a", "digest": "d", "state": "open" }),
            ),
            (
                "INVITATION#e | INVITATION",
                json!({
                    "kind": "invitation", "tenant_id": "t_a", "digest": "e", "state": "accepted",
                    "accepted_pool": "p", "accepted_sub": "s",
                }),
            ),
            ("ENROLMENT#p#u | ENROLMENT", json!({ "kind": "enrolment", "tenant_id": "t_a", "invitation": "d" })),
        ]
        .into_iter()
        .map(|(key, mut item)| {
            item["revision"] = json!(1);
            (key.to_owned(), item)
        })
        .collect()
    }

    #[test]
    fn sees_whatever_is_lost_there_twice_or_somebody_elses() {
        assert_eq!(unsound(&table()), Ok(()));
        let set = |key: &str, name: &str, value: Value| {
            let mut table = table();
            table.get_mut(key).expect("an item")[name] = value;
            table
        };
        let gone = |key: &str| {
            let mut table = table();
            table.remove(key).expect("an item");
            table
        };
        let twice = |key: &str, other: &str, sub: &str| {
            let mut table = table();
            let mut item = table[key].clone();
            item["sub"] = json!(sub);
            item["status"] = json!("removed");
            table.insert(other.to_owned(), item);
            table
        };
        for (what, broken) in [
            ("a seat too many", set("TENANT#t_a | SEATS", "used", json!(2))),
            ("an owner too few", set("TENANT#t_a | SEATS", "owners", json!(0))),
            ("over the limit", set("TENANT#t_a | SEATS", "seat_limit", json!(0))),
            ("a lost member", gone("PERSON#p#s | TENANT#t_a")),
            ("a member of another tenant", set("PERSON#p#s | TENANT#t_a", "tenant_id", json!("t_b"))),
            ("a member of no tenant", gone("TENANT#t_a | TENANT")),
            ("no counters", gone("TENANT#t_a | SEATS")),
            ("no slug", gone("SLUG#a | SLUG")),
            ("somebody else's slug", set("SLUG#a | SLUG", "tenant_id", json!("t_b"))),
            ("the same member twice", twice("PERSON#p#s | TENANT#t_a", "PERSON#p#z | TENANT#t_a", "z")),
            ("held by a stranger", set("TENANT#t_a | MAILBOX#1", "holder_sub", json!("z"))),
            ("held as another member", set("TENANT#t_a | MAILBOX#1", "holder_member", json!("m_z"))),
            ("an open invitation that nobody knows", gone("TENANT#t_a | MAILBOX#2")),
            ("a known invitation that is not there", gone("INVITATION#d | INVITATION")),
            ("a known invitation that was revoked", set("INVITATION#d | INVITATION", "state", json!("revoked"))),
            ("redeemed by nobody", set("INVITATION#e | INVITATION", "accepted_sub", json!("z"))),
            ("a reminder of nothing", set("ENROLMENT#p#u | ENROLMENT", "invitation", json!("z"))),
            ("written without being counted", set("SLUG#a | SLUG", "revision", json!(0))),
        ] {
            assert!(unsound(&broken).is_err(), "{what}");
        }
    }
}
