//! The laptop's user pool: its id, its app clients, and which functions it calls.

use user_pool::{ClientSeed, ClientSettings, PoolSettings, PreTokenVersion, ResourceServer};

use crate::programs::TRIGGERS;

/// The pool's id.
pub const POOL: &str = "local_Tenantry1";
/// The Region, as the pool's id names it.
pub const REGION: &str = "local";

/// The app clients that people use: their ids and what they are.
pub(crate) const APPS: [(&str, &str); 3] =
    [("acme", "Acme's app"), ("globex", "Globex's app"), ("app", "the app that every tenant shares")];
/// The app client of a machine, and its secret.
pub(crate) const ROBOT: (&str, &str) = ("robot", "a-secret-that-only-a-laptop-has");
/// The machine's scope.
pub(crate) const SCOPE: (&str, &str) = ("orders", "read");

/// The pool with all its clients, calling the functions behind an Invoke endpoint.
pub(crate) fn settings(invoke_url: String, version: PreTokenVersion) -> PoolSettings {
    let mut pool = PoolSettings::new(POOL);
    let [pre_sign_up, post_confirmation, pre_token_generation] = TRIGGERS.map(|name| Some(name.to_owned()));
    pool.triggers.invoke_url = invoke_url;
    pool.triggers.pre_sign_up = pre_sign_up;
    pool.triggers.post_confirmation = post_confirmation;
    pool.triggers.pre_token_generation = pre_token_generation;
    pool.triggers.pre_token_version = version;
    pool.resource_servers = vec![ResourceServer { identifier: SCOPE.0.to_owned(), scopes: vec![SCOPE.1.to_owned()] }];
    for (id, name) in APPS {
        pool.clients.push(ClientSeed {
            client_id: Some(id.to_owned()),
            settings: ClientSettings::for_passwords(name),
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
