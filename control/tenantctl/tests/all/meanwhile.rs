//! `tenantctl attach --apply` looks once more after it wrote, and says what came to be otherwise in that moment.

use serde_json::json;

use crate::attach::{POOL, Stack, list};
use crate::bench::text;
use crate::between::Between;

const APPLY: [&str; 6] = ["attach", "--pool", POOL, "--apply", "--yes", "--no-probe"];

#[tokio::test]
async fn m17_what_came_to_refuse_people_in_the_moment_of_writing_is_told_and_put_right() {
    let stack = Stack::new(|_| {}).await;
    stack.laptop.json(&["tenant", "create", "acme"]).await;
    let mut between = Between::you_and(stack.server.url()).await;
    stack.laptop.user_pools_at(&between.url);
    let meanwhile = between.once_written(async {
        // One function cannot run any more, one lost its policy, one is gone, and a client enforces by now.
        stack.functions.set_state("tenantry-post-confirmation", "Failed");
        stack.functions.remove("tenantry-pre-sign-up");
        stack.functions.add("tenantry-pre-sign-up", "/nowhere/bootstrap", [("A", "B")]);
        stack.functions.add_alias("tenantry-pre-sign-up", "live");
        stack.functions.remove("tenantry-define-auth-challenge");
        stack.laptop.json(&["client", "bind", "app", "--tenant", "acme", "--enforce"]).await;
    });
    let (done, ()) = tokio::join!(stack.laptop.json(&APPLY), meanwhile);
    assert_eq!(list(&done, "/applied/set").len(), 6);
    let warned = list(&done, "/applied/warnings");
    let told = |end: &str| warned.iter().filter(|warning| warning.contains(end)).count();
    assert_eq!(
        [
            told("tenantry-post-confirmation:live cannot run by now"),
            told("tenantry-define-auth-challenge:live is gone by now"),
            told("these came to refuse people: app"),
            warned.len(),
        ],
        [1, 1, 1, 3],
        "{warned:?}"
    );
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(!said.contains("AccessDenied"), "the pool was let in again: {said}");
    stack.end().await;
}

#[tokio::test]
async fn m17_a_policy_that_forbids_the_pool_since_it_was_written_is_told_and_the_way_back_stays() {
    let stack = Stack::new(|_| {}).await;
    let mut between = Between::you_and(stack.server.url()).await;
    stack.laptop.user_pools_at(&between.url);
    let meanwhile = between.once_written(async {
        stack.functions.forbid("tenantry-pre-sign-up", Some("live"));
    });
    let (done, ()) = tokio::join!(stack.laptop.json(&APPLY), meanwhile);
    assert_eq!(list(&done, "/applied/set").len(), 6);
    let warned = list(&done, "/applied/warnings");
    assert!(
        matches!(&warned[..], [one] if one.contains("tenantry-pre-sign-up:live does not let the pool")),
        "{warned:?}"
    );
    let kept = stack.kept();
    let [file] = &kept[..] else { panic!("{kept:?}") };
    assert!(text(&done, "/restore").ends_with(file.file_name().unwrap().to_str().unwrap()), "{done}");
    let said = stack.signs_up("eve@acme.example").await.unwrap_err();
    assert!(said.contains("AccessDenied"), "{said}");
    stack.end().await;
}

#[tokio::test]
async fn m17_a_setting_that_did_not_stay_as_it_was_is_named_with_the_way_back() {
    let stack = Stack::new(|_| {}).await;
    let mut between = Between::you_and(stack.server.url()).await;
    stack.laptop.user_pools_at(&between.url);
    let pool = stack.server.pool(POOL).unwrap();
    let meanwhile = between.once_written(async {
        pool.update(|settings| {
            settings.shown.insert("DeletionProtection".to_owned(), json!("ACTIVE"));
        });
    });
    let all = [&["--json"], &APPLY[..]].concat();
    let (ended, ()) = tokio::join!(stack.laptop.run(&all), meanwhile);
    let error: serde_json::Value = serde_json::from_str(ended.err.lines().last().unwrap()).unwrap();
    assert_eq!((ended.code, text(&error, "/error/code")), (1, "POOL_NOT_KEPT"), "{}", ended.err);
    assert!(text(&error, "/error/message").contains("DeletionProtection"), "{error}");
    assert!(text(&error, "/error/help").contains("update-user-pool"), "{error}");
    // A client that was never bound would be refused now, where nobody was before.
    assert!(text(&error, "/error/help").contains("--off --yes` would deny these clients"), "{error}");
    stack.end().await;
}

#[tokio::test]
async fn slots_that_did_not_stay_are_named() {
    let stack = Stack::new(|_| {}).await;
    let mut between = Between::you_and(stack.server.url()).await;
    stack.laptop.user_pools_at(&between.url);
    let pool = stack.server.pool(POOL).unwrap();
    let meanwhile = between.once_written(async {
        pool.update(|settings| settings.triggers.pre_sign_up = None);
    });
    let all = [&["--json"], &APPLY[..]].concat();
    let (ended, ()) = tokio::join!(stack.laptop.run(&all), meanwhile);
    let error: serde_json::Value = serde_json::from_str(ended.err.lines().last().unwrap()).unwrap();
    assert_eq!((ended.code, text(&error, "/error/code")), (1, "POOL_NOT_SET"), "{}", ended.err);
    let kept = stack.kept();
    let [file] = &kept[..] else { panic!("{kept:?}") };
    assert!(text(&error, "/error/help").contains(file.file_name().unwrap().to_str().unwrap()), "{error}");
    stack.end().await;
}
