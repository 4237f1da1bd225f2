//! The documents say what the code says.

use domain::Refusal;

#[test]
fn c16_front_end_developers_read_every_refusal_in_its_own_words() {
    let document = include_str!("../../../../docs/errors.md");
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    for refusal in Refusal::ALL {
        let row = format!("| `{}` | {refusal} | ", refusal.code());
        assert!(rows.iter().any(|line| line.starts_with(&row)), "docs/errors.md has no row {row}");
    }
    assert_eq!(rows.len(), Refusal::ALL.len(), "docs/errors.md has a row that no refusal has");
}
