//! What to type while the stack runs.

use crate::{PASSWORD, POOL, REGION, Stack};

/// The events of the fixtures that speak of this town.
const EVENTS: [(&str, &str); 3] = [
    ("pre-sign-up", "demo-joins-by-domain"),
    ("post-confirmation", "demo-joins-by-domain"),
    ("pre-token-generation", "demo-late-enrolment"),
];

/// The lines to print once everything runs. `programs` is how the programs are called from here, such as `target/debug`.
pub fn by_hand(stack: &Stack, programs: &str) -> String {
    let pool = stack.server().url();
    let engine = stack.engine().url();
    let aws = format!("aws cognito-idp --endpoint-url {pool} --region {REGION} --no-sign-request");
    let lambda = match stack.functions() {
        Some(functions) => {
            let port = functions.address().port();
            let lines: Vec<String> = EVENTS
                .iter()
                .map(|(trigger, case)| {
                    format!(
                        "  cargo lambda invoke {trigger} --invoke-address 127.0.0.1 --invoke-port {port} --data-file \
                         fixtures/{trigger}/{case}/event.json"
                    )
                })
                .collect();
            format!(
                "One trigger by itself, with an event of the fixtures (`cargo xtask lambda --` does in place of `cargo lambda`):\n{}",
                lines.join("\n")
            )
        }
        None => format!("The functions are served at {}.", stack.lambda_endpoint()),
    };
    let environment: Vec<String> = stack.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "\
The user pool {POOL} is at {pool}, DynamoDB at {engine}, Lambda's Invoke at {lambda_endpoint}.
Everybody's password is {PASSWORD}; codes and mails are at {pool}/local/outbox.

As the operator:
  {programs}/tenantctl --local tenant list
  {programs}/tenantctl --local member list acme
  {programs}/tenantctl --local invite create globex joe@freelance.example --role member
  {programs}/tenantctl --local whois joe@acme.example
  {programs}/tenantctl --local doctor

As a person, with the AWS CLI:
  {aws} sign-up --client-id acme --username joe@acme.example --password {PASSWORD}
  curl -s {pool}/local/outbox
  {aws} confirm-sign-up --client-id acme --username joe@acme.example --confirmation-code CODE
  {aws} initiate-auth --client-id acme --auth-flow USER_PASSWORD_AUTH --auth-parameters USERNAME=joe@acme.example,PASSWORD={PASSWORD} \
    --query AuthenticationResult.IdToken --output text | {programs}/tenantry-laptop claims
  {aws} sign-up --client-id globex --username joe@freelance.example --password {PASSWORD} --client-metadata invitation=SECRET

{lambda}

Your own build of the triggers, rebuilt as you edit: `{programs}/tenantry-laptop up --lambda-endpoint http://127.0.0.1:9000`, and beside it
  {environment} cargo lambda watch
",
        lambda_endpoint = stack.lambda_endpoint(),
        environment = environment.join(" "),
    )
}
