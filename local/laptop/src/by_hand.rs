//! What to type while the stack runs.

use crate::town::{OLGA, OTTO};
use crate::{PASSWORD, POOL, REGION, Stack};

/// The events of the fixtures that speak of this town.
const EVENTS: [(&str, &str); 4] = [
    ("pre-sign-up", "demo-joins-by-domain"),
    ("post-confirmation", "demo-joins-by-domain"),
    ("pre-token-generation", "demo-late-enrolment"),
    ("define-auth-challenge", "demo-asks-for-a-code"),
];

/// The lines to print once everything runs. `programs` is how the programs are called from here, such as `target/debug`.
pub fn by_hand(stack: &Stack, programs: &str) -> String {
    let pool = stack.server().url();
    let engine = stack.engine().url();
    let aws = format!("aws cognito-idp --endpoint-url {pool} --region {REGION} --no-sign-request");
    let environment: Vec<String> = stack.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let environment = environment.join(" ");
    let lambda = if let Some(functions) = stack.functions() {
        let port = functions.address().port();
        let invoke = |(trigger, case): (&str, &str)| {
            format!(
                "  cargo lambda invoke {trigger} --invoke-address 127.0.0.1 --invoke-port {port} --data-file \
                 fixtures/{trigger}/{case}/event.json"
            )
        };
        format!(
            "\
One trigger by itself, with an event of the fixtures (`cargo xtask lambda --` does in place of `cargo lambda`):
{}

The same behind `cargo lambda watch`, which builds anew as you edit; invoke without address and port then.
(`{programs}/tenantry-laptop up --lambda-endpoint http://127.0.0.1:9000` lets the user pool call it too.)
  {environment} cargo lambda watch",
            EVENTS.map(invoke).join("\n")
        )
    } else {
        format!(
            "\
The triggers are called at {}. Unless they run already, start them in the project's folder:
  {environment} cargo lambda watch",
            stack.lambda_endpoint()
        )
    };
    format!(
        "\
The user pool {POOL} is at {pool}, DynamoDB at {engine}, Lambda's Invoke at {lambda_endpoint}.
Everybody's password is {PASSWORD}; codes and mails are at {pool}/local/outbox. Acme is {OLGA}'s, Globex {OTTO}'s,
Hooli (password and code) hanna@hooli.example's, Initech (code) ines@initech.example's.

As the operator:
  {programs}/tenantctl --local tenant list
  {programs}/tenantctl --local member list acme
  {programs}/tenantctl --local invite create globex joe@freelance.example --role member
  {programs}/tenantctl --local whois joe@acme.example
  {programs}/tenantctl --local doctor --pool
  {programs}/tenantctl --local tenant policy set acme --chain password-and-code:owner,admin --dry-run

As a person, with the AWS CLI:
  {aws} sign-up --client-id acme --username joe@acme.example --password {PASSWORD}
  curl -s {pool}/local/outbox
  {aws} confirm-sign-up --client-id acme --username joe@acme.example --confirmation-code CODE
  {aws} initiate-auth --client-id acme --auth-flow USER_PASSWORD_AUTH --auth-parameters USERNAME=joe@acme.example,PASSWORD={PASSWORD} \
    --query AuthenticationResult.IdToken --output text | {programs}/tenantry-laptop claims
  {aws} initiate-auth --client-id initech --auth-flow CUSTOM_AUTH --auth-parameters USERNAME=ines@initech.example
  {aws} respond-to-auth-challenge --client-id initech --challenge-name CUSTOM_CHALLENGE --session SESSION \
    --challenge-responses USERNAME=ines@initech.example,ANSWER=CODE
  {aws} sign-up --client-id globex --username joe@freelance.example --password {PASSWORD} --client-metadata invitation=SECRET

{lambda}
",
        lambda_endpoint = stack.lambda_endpoint(),
    )
}
