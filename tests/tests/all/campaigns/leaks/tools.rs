//! Every command of `tenantctl`, with people in it whose secrets it must not tell.

use std::collections::BTreeSet;
use std::process::Command;

use tests::campaign::leaks::canary::{Kind, Place};

use super::day::Day;
use crate::journeys::program;

const MIA: &str = "mia.q7address@acme.example";
const IDA: &str = "ida.q7address@partner.example";

/// One command after the other, as an operator may type them: first what goes well, then most of it again, which mostly does not.
fn commands() -> Vec<Vec<&'static str>> {
    let bob = "local_Tenantry1:00000000-0000-4000-8000-00000000b0b0";
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let mut all: Vec<Vec<&str>> = [
        "init",
        "tenant list",
        "tenant show acme",
        "tenant create umbrella --name q7umbrella",
        "tenant rename umbrella --name q7other",
        "tenant suspend umbrella",
        "tenant resume umbrella",
        "tenant close umbrella",
        "tenant restore umbrella",
        "tenant policy acme --seat-limit 50",
        "client create acme --name made --password-flow",
        "client list",
        "client bind made --tenant acme",
        "client observe acme",
        "client enforce acme",
        "client unbind made",
        "client delete made --yes",
        "client report --logs log",
        "pool observe-unbound local_Tenantry1 true",
        "pool dedicate local_Tenantry1 --to nobody",
        "pool list",
        "domain claim umbrella umbrella.example",
        "domain verify umbrella umbrella.example --assume-verified proven",
        "domain join umbrella umbrella.example request",
        "domain transfer umbrella.example --from umbrella --to globex --reason sold --keep-members",
        "domain release globex umbrella.example",
        "domain list acme",
        "invite create acme",
        "invite list acme --all",
        "invite resend acme",
        "invite revoke acme",
        "member import members.csv",
        "member import broken.csv",
        "member list acme",
        "idp bind local_Tenantry1:okta --tenant acme",
        "idp disable okta",
        "idp enable okta",
        "idp list",
        "idp unbind okta",
        "role set billing --permission invoices:read",
        "role list",
        "role delete billing",
        "doctor",
        "doctor --pool",
        "attach --pool local_Tenantry1",
        "detach --pool local_Tenantry1 --plan",
        "completions bash",
    ]
    .map(words)
    .to_vec();
    for command in
        all.iter_mut().filter(|command| command[0] == "invite" && ["create", "resend", "revoke"].contains(&command[1]))
    {
        command.push(IDA);
    }
    all.extend([
        vec!["member", "add", "acme", bob, "--email", MIA],
        vec!["member", "role", "acme", MIA, "admin"],
        vec!["member", "suspend", "acme", MIA, "--reason", "on leave"],
        vec!["member", "resume", "acme", MIA],
        vec!["member", "unlock", "acme", bob, "--client", "acme"],
        vec!["member", "bar", "acme", MIA],
        vec!["member", "remove", "acme", MIA],
        vec!["member", "bar", "acme", IDA, "--reason", "moved there"],
        vec!["member", "reinstate", "acme", MIA],
        vec!["member", "approve", "acme", MIA],
        vec!["member", "deny", "acme", MIA],
        vec!["whois", MIA],
        vec!["whois", IDA],
        vec!["person", "export", bob],
        vec!["client", "report", "local_Tenantry1:acme", "--who", "--pii"],
        vec!["person", "erase", bob, "--yes"],
    ]);
    all
}

/// The commands that there are, as the help tells.
fn offered(of: &[&str], into: &mut BTreeSet<String>) {
    let help = Command::new(program("tenantctl")).args(of).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        into.insert(of.join(" "));
        return;
    };
    let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        offered(&[of, &[name]].concat(), into);
    }
}

pub(super) fn a_day(day: &mut Day) {
    let mut offered_all = BTreeSet::new();
    offered(&[], &mut offered_all);
    let commands = commands();
    let name = |command: &Vec<&str>| {
        let two = command.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        if offered_all.contains(&two) { two } else { command[0].to_owned() }
    };
    let tried: BTreeSet<String> = commands.iter().map(name).collect();
    assert_eq!(offered_all, tried, "a command is missing here, or there is none of this name");

    day.canaries.add(Kind::Key, "a-secret-that-only-a-laptop-has");
    day.canaries.add(Kind::Key, "q7awssecret+key/0123456789");
    day.canaries.add(Kind::TenantName, "q7umbrella");
    let file = |name: &str, text: String| std::fs::write(day.folder().join(name), text).unwrap();
    file(
        "members.csv",
        format!("sub,tenant,roles,email\nq7-fay,acme,member,fay.q7address@acme.example\nx y,acme,member,{MIA}\n"),
    );
    file("broken.csv", format!("sub,tenant,password\n{MIA},acme,{}\n", laptop::PASSWORD));
    file(
        "log",
        format!(
            "{{\"trigger\":\"pre-token-generation\",\"client\":\"acme\",\"decision\":\"observed\",\"who\":\"{MIA}\"}}\n"
        ),
    );
    let mut failed = 0;
    for (round, more) in [&["--json"][..], &[], &["--endpoint-url", "http://127.0.0.1:1"]].into_iter().enumerate() {
        for command in &commands {
            let mut program = Command::new(program("tenantctl"));
            // Nobody is there in the third round, and the credentials are not the laptop's own.
            if round < 2 {
                program.arg("--local");
            } else {
                program.args(["--region", "local", "--pool-endpoint-url", "http://127.0.0.1:1"]);
                program.env("AWS_ACCESS_KEY_ID", "q7awsid").env("AWS_SECRET_ACCESS_KEY", "q7awssecret+key/0123456789");
                if !matches!(command[0], "whois" | "doctor" | "tenant") {
                    continue;
                }
            }
            let ran = program
                .args(more)
                .args(command)
                .current_dir(day.folder())
                .env("RUST_LOG", "trace")
                .env("TENANTRY_LOG", "trace");
            let ran = ran.stdin(std::process::Stdio::null()).output().unwrap();
            let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
            failed += usize::from(!ran.status.success());
            let issues = command[0] == "invite" && ["create", "resend"].contains(&command[1]);
            // What proves a domain is as long as a token, and is published in DNS; a shell's completions have long names.
            let mut words = out.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            if let Some(token) =
                words.find(|word| word.len() == 43).filter(|_| !["domain", "completions"].contains(&command[0]))
            {
                if !issues {
                    day.wrong.push(format!("{command:?} shows {token}"));
                }
                day.canaries.add(Kind::Invitation, token);
            }
            let place = if issues { Place::Issue } else { Place::Answer };
            let hits = [day.canaries.hit(place, &out), day.canaries.hit(Place::Error, &err)];
            day.wrong.extend(hits.into_iter().flatten().map(|hit| format!("{command:?}: {hit}")));
        }
    }
    assert!(failed > 20, "{failed} commands failed");
    // Back to how the day began.
    let again = Command::new(program("tenantctl"))
        .args(["--local", "client", "enforce", "acme"])
        .current_dir(day.folder())
        .output();
    assert!(again.unwrap().status.success());
}
