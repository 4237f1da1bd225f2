//! Wires the example: `COGNITO_ISSUER`, `COGNITO_CLIENTS` (comma-separated) and, if they are elsewhere, `COGNITO_JWKS`.
#![expect(clippy::disallowed_methods, reason = "main.rs reads the environment")]

use std::env;

use example_axum::tenant::Verifier;
use example_axum::{fetch, service};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = env::var("COGNITO_ISSUER").map_err(|_| "COGNITO_ISSUER is missing")?;
    let clients = env::var("COGNITO_CLIENTS").map_err(|_| "COGNITO_CLIENTS is missing")?;
    let jwks = env::var("COGNITO_JWKS").unwrap_or_else(|_| format!("{issuer}/.well-known/jwks.json"));
    let verifier = Verifier::new(&issuer, clients.split(',').map(str::to_owned), fetch::keys_at(jwks.parse()?)?);
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}/whoami", listener.local_addr()?);
    axum::serve(listener, service(verifier)).await?;
    Ok(())
}
