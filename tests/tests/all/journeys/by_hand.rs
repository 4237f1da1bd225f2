//! The commands that the demo ends with do what they say.

use std::process::Command;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_tenantctl_line_of_the_demo_works() {
    let folder = tempfile::tempdir().unwrap();
    let laptop = Laptop::start_with(|settings| settings.state_dir = Some(folder.path().to_owned())).await;
    let tenantctl = program("tenantctl");
    let programs = programs().folder().display().to_string();
    let lines = laptop::by_hand(&laptop, &programs);
    let lines: Vec<&str> = lines.lines().filter(|line| line.contains("/tenantctl ")).map(str::trim).collect();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let arguments = line.split_whitespace().skip(1);
        let ran = Command::new(&tenantctl).args(arguments).current_dir(folder.path()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{line}\n{said}");
    }
    // The invitation among them is good.
    let invited = laptop.operations().invitations(&laptop.town.globex.id).await.unwrap();
    assert_eq!(invited.len(), 1);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fixture_that_the_demo_names_is_there() {
    let laptop = Laptop::start().await;
    let lines = laptop::by_hand(&laptop, "target/debug");
    let fixtures: Vec<&str> = lines.split_whitespace().filter(|word| word.starts_with("fixtures/")).collect();
    assert_eq!(fixtures.len(), 4);
    for fixture in fixtures {
        assert!(root().join(fixture).is_file(), "{fixture}");
    }
    laptop.stack.shutdown().await;
}

#[test]
fn shows_what_a_token_says() {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut child = Command::new(program("tenantry-laptop"))
        .arg("claims")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"e30.eyJ0ZW5hbnRfc2x1ZyI6ImFjbWUifQ.x\n").unwrap();
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success());
    let said: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(said, json!({ "tenant_slug": "acme" }));
}
