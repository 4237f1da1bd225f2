//! The laptop's user pool: its id, its app clients, and which functions it calls.

use user_pool::{ClientSeed, ClientSettings, PoolSettings, PreTokenVersion, ResourceServer};

use crate::programs::TRIGGERS;

/// The pool's id.
pub const POOL: &str = "local_Tenantry1";
/// The Region, as the pool's id names it.
pub const REGION: &str = "local";

/// The app clients that people use: their ids and what they are.
pub(crate) const APPS: [(&str, &str); 5] = [
    ("acme", "Acme's app"),
    ("globex", "Globex's app"),
    ("hooli", "Hooli's app, with a password and a code"),
    ("initech", "Initech's app, with a code alone"),
    ("app", "the app that every tenant shares"),
];
/// The app clients of tenants whose people sign in by challenge: no other way in, so that nobody gets around it.
const BY_CHALLENGE: [&str; 2] = ["hooli", "initech"];
/// The app client of a machine, and its secret.
pub(crate) const ROBOT: (&str, &str) = ("robot", "a-secret-that-only-a-laptop-has");
/// The machine's scope.
pub(crate) const SCOPE: (&str, &str) = ("orders", "read");

/// The pool with all its clients, calling the functions behind an Invoke endpoint.
pub(crate) fn settings(invoke_url: String, version: PreTokenVersion) -> PoolSettings {
    let mut pool = PoolSettings::new(POOL);
    let [sign_up, confirmation, token, define, create, verify] = TRIGGERS.map(|name| Some(name.to_owned()));
    pool.triggers.invoke_url = invoke_url;
    pool.triggers.pre_sign_up = sign_up;
    pool.triggers.post_confirmation = confirmation;
    pool.triggers.pre_token_generation = token;
    pool.triggers.define_auth_challenge = define;
    pool.triggers.create_auth_challenge = create;
    pool.triggers.verify_auth_challenge = verify;
    pool.triggers.pre_token_version = version;
    pool.resource_servers = vec![ResourceServer { identifier: SCOPE.0.to_owned(), scopes: vec![SCOPE.1.to_owned()] }];
    for (id, name) in APPS {
        pool.clients.push(ClientSeed {
            client_id: Some(id.to_owned()),
            settings: app(id, name),
            ..ClientSeed::default()
        });
    }
    pool.clients.push(ClientSeed {
        client_id: Some(ROBOT.0.to_owned()),
        client_secret: Some(ROBOT.1.to_owned()),
        settings: ClientSettings::for_machine("Acme's robot", [format!("{}/{}", SCOPE.0, SCOPE.1)]),
        ..ClientSeed::default()
    });
    pool
}

fn app(id: &str, name: &str) -> ClientSettings {
    let settings = ClientSettings::for_passwords(name);
    if BY_CHALLENGE.contains(&id) {
        let flows = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec();
        // A session as long as the code in the mail counts.
        ClientSettings { explicit_auth_flows: flows, auth_session_validity: Some(5), ..settings }
    } else {
        settings
    }
}
