//! I10, C2, C3, C17, M9, M13: five tenants, and everybody of one of them at every door of each; `cargo xtask soak isolation` does it for
//! everybody. The tables of what each may are in the campaign.

use std::path::Path;

use tests::campaign::isolation::{operations, slice};

/// Tries a part, and tells how many cells there were and how many of them allow something.
fn matrix(part: &str, cells: &str, allowed: &str) -> (u64, u64) {
    let tally = slice(part, 6).unwrap_or_else(|failed| panic!("{failed}"));
    (tally.count(cells), tally.count(allowed))
}

#[test]
fn c3_a_token_speaks_of_a_tenant_in_which_the_person_stands_and_of_no_other() {
    assert_eq!(matrix("tokens", "cells of tokens", "of them a token speaks"), (6132, 326));
}

#[test]
fn i1_a_sign_up_is_admitted_by_its_own_tenants_invitation_domain_or_provider() {
    assert_eq!(matrix("sign-ups", "cells of sign-ups", "of them somebody may start"), (3888, 44));
}

#[test]
fn c2_a_confirmation_makes_a_member_of_the_invited_alone_and_at_their_own_tenant() {
    assert_eq!(matrix("confirmations", "cells of confirmations", "of them somebody joins"), (2592, 6));
}

#[test]
fn c12_a_code_is_right_for_its_own_person_at_its_own_client() {
    assert_eq!(matrix("codes", "cells of codes", "of them a code is right"), (803, 5));
}

#[test]
fn i10_every_operation_asks_who_acts_and_in_which_tenant() {
    assert_eq!(matrix("operations", "cells of operations", "of them an operation is allowed"), (6075, 547));
}

#[test]
fn i10_no_public_operation_is_missing_from_the_matrix() {
    let mut missing = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../control/operations/src")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in text.lines().filter_map(|line| line.trim_start().strip_prefix("pub async fn ")) {
                let name = name.split(['(', '<']).next().unwrap();
                found += 1;
                if operations::ASKING_LAMBDA.contains(&name) {
                    let body =
                        text.split_once(&format!("pub async fn {name}(")).unwrap().1.split_once(" {\n").unwrap().1;
                    assert!(body.trim_start().starts_with("self.operators_only()?;"), "{name}");
                    continue;
                }
                if !operations::OPERATIONS.iter().any(|(known, _)| *known == name) {
                    missing.push(name.to_owned());
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(found, operations::OPERATIONS.len() + operations::ASKING_LAMBDA.len());
}
