//! Wiring: the environment, the clock and randomness are made here.
#![expect(clippy::disallowed_methods, reason = "main.rs makes time and randomness and reads the environment")]

use lambda::environment::{Environment, Unset};
use registrar::{Failure, Post, Registrar, ground};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let build = |environment: Result<Environment, Unset>| {
        let endpoint = variable("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER").or_else(|| variable("AWS_ENDPOINT_URL"));
        let post = Post::new(endpoint.as_deref());
        let ground = environment
            .map_err(|unset| Failure::Settings(unset.to_string()))
            .and_then(|environment| ground(environment, endpoint, jiff::Timestamp::now, random));
        Registrar::new(ground, post)
    };
    lambda::resource::run(variable, jiff::Timestamp::now, build).await
}

/// Without the system's randomness no id may be made, so there is nothing to go on with.
#[expect(clippy::expect_used, reason = "Lambda has a source of randomness")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system's randomness");
}
