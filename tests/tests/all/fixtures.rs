//! The fixtures of every trigger: the smallest event that shows a point, what the table holds, and the answer.

use tests::Engine;
use tests::fixture::Fixture;

/// `UPDATE_FIXTURES=1` writes the answers down instead of comparing them.
#[expect(clippy::disallowed_methods, reason = "the switch that contributors use")]
fn update() -> bool {
    std::env::var("UPDATE_FIXTURES").is_ok_and(|value| !value.is_empty())
}

#[tokio::test]
async fn every_fixture_is_answered_as_written_down() {
    let engine = Engine::start().await;
    let mut wrong = Vec::new();
    let fixtures = Fixture::all();
    assert!(!fixtures.is_empty());
    for fixture in &fixtures {
        if let Err(difference) = fixture.check(&engine, update()).await {
            wrong.push(difference);
        }
    }
    assert!(wrong.is_empty(), "UPDATE_FIXTURES=1 writes the answers down\n{}", wrong.join("\n"));
}
