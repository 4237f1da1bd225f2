//! A user pool: its settings, which may change while it runs, and everything in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;

use crate::authorize::ManagedLogin;
use crate::client::Client;
use crate::error::ApiError;
use crate::group::{Group, GroupClaims};
use crate::provider::IdentityProvider;
use crate::session::{Person, Session};
use crate::settings::{ClientSeed, PoolSettings};
use crate::tokens::grant::Grant;
use crate::tokens::keys::Keys;
use crate::user::{Status, User};
use crate::{Clock, Random};

/// The account that everything local is in.
pub(crate) const ACCOUNT: &str = "000000000000";

/// What a caller needs to use an app client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKeys {
    /// The client's id.
    pub client_id: String,
    /// The client's secret, if it has one.
    pub client_secret: Option<String>,
}

/// Everything in a pool.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// By `userName`.
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// By refresh token.
    pub(crate) grants: HashMap<String, Grant>,
    /// `origin_jti` of everything that was signed out.
    pub(crate) revoked: HashSet<String>,
    pub(crate) sessions: HashMap<String, Session>,
    /// Codes and browsers of managed login.
    pub(crate) managed_login: ManagedLogin,
}

impl Contents {
    /// Finds a user by `userName`, `sub` or, for native users, address, whatever the letters' case.
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.username_of(name).and_then(|username| self.users.get(&username))
    }

    pub(crate) fn user_mut(&mut self, name: &str) -> Option<&mut User> {
        let username = self.username_of(name)?;
        self.users.get_mut(&username)
    }

    fn username_of(&self, name: &str) -> Option<String> {
        if self.users.contains_key(name) {
            return Some(name.to_owned());
        }
        let name = name.to_lowercase();
        self.users
            .values()
            .find(|user| {
                user.username.to_lowercase() == name
                    || user.sub == name
                    || user.status != Status::ExternalProvider && is_address(user, &name)
            })
            .map(|user| user.username.clone())
    }

    /// The native user whose sign-in address this is.
    pub(crate) fn native_with_email(&self, email: &str) -> Option<&User> {
        let email = email.to_lowercase();
        self.users.values().find(|user| user.status != Status::ExternalProvider && is_address(user, &email))
    }

    pub(crate) fn groups_of(&self, user: &User) -> GroupClaims {
        GroupClaims::of(user.groups.iter().filter_map(|name| self.groups.get(name)))
    }

    /// Ends every session of a user.
    pub(crate) fn sign_out(&mut self, username: &str) {
        let gone: Vec<String> = self
            .grants
            .values()
            .filter(|grant| grant.username == username)
            .map(|grant| grant.origin_jti.clone())
            .collect();
        self.revoked.extend(gone);
    }

    pub(crate) fn remove_user(&mut self, username: &str) -> Option<User> {
        self.sign_out(username);
        self.grants.retain(|_, grant| grant.username != username);
        self.sessions.retain(|_, session| !matches!(&session.person, Person::Known(known) if known == username));
        self.users.remove(username)
    }
}

fn is_address(user: &User, lower_cased: &str) -> bool {
    user.email().is_some_and(|email| email.to_lowercase() == lower_cased)
}

/// A pool that runs.
#[derive(Debug)]
pub struct Pool {
    id: String,
    settings: RwLock<PoolSettings>,
    contents: Mutex<Contents>,
    pub(crate) keys: Keys,
    pub(crate) created: Timestamp,
    invention_key: [u8; 32],
    clock: Clock,
    random: Random,
}

impl Pool {
    pub(crate) fn new(settings: PoolSettings, clock: &Clock, random: &Random) -> Arc<Self> {
        let seeds = settings.clients.clone();
        let pool = Arc::new(Self {
            id: settings.id.clone(),
            settings: RwLock::new(settings),
            contents: Mutex::default(),
            keys: Keys::new(random),
            created: clock.now(),
            invention_key: random.bytes(),
            clock: clock.clone(),
            random: random.clone(),
        });
        for seed in seeds {
            pool.add_client(seed);
        }
        pool
    }

    /// The pool's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The pool's ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:cognito-idp:{}:{ACCOUNT}:userpool/{}", self.settings().region(), self.id)
    }

    /// The settings as they are now.
    pub fn settings(&self) -> PoolSettings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the settings; the next call sees them. The id and the clients stay.
    pub fn update(&self, change: impl FnOnce(&mut PoolSettings)) {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut settings);
        settings.id.clone_from(&self.id);
    }

    /// Adds a provider, or replaces the one of this name.
    pub fn set_provider(&self, provider: IdentityProvider) {
        self.update(|settings| {
            settings.providers.retain(|other| other.name != provider.name);
            settings.providers.push(provider);
        });
    }

    /// Adds an app client.
    pub fn add_client(&self, seed: ClientSeed) -> ClientKeys {
        let now = self.clock.now();
        let alphabet = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let client_id = seed.client_id.unwrap_or_else(|| self.random.text(alphabet, 26));
        let client_secret = seed.client_secret.or_else(|| seed.generate_secret.then(|| self.random.text(alphabet, 52)));
        let client = Client {
            id: client_id.clone(),
            secret: client_secret.clone(),
            settings: seed.settings,
            created: now,
            modified: now,
        };
        self.contents().clients.insert(client_id.clone(), client);
        ClientKeys { client_id, client_secret }
    }

    /// Puts a user into a group, which is made if it is not there.
    pub fn add_to_group(&self, username: &str, group: &str) -> Result<(), ApiError> {
        let created = self.clock.now();
        let mut contents = self.contents();
        contents.groups.entry(group.to_owned()).or_insert_with(|| Group {
            name: group.to_owned(),
            description: None,
            precedence: None,
            role_arn: None,
            created,
        });
        contents.user_mut(username).ok_or_else(ApiError::no_such_user)?.groups.insert(group.to_owned());
        Ok(())
    }

    /// The key under which users who are not there always look the same.
    pub(crate) fn invention_key(&self) -> &[u8] {
        &self.invention_key
    }

    /// What is in the pool. Never held while a trigger runs.
    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn client(&self, id: &str) -> Result<Client, ApiError> {
        self.contents().clients.get(id).cloned().ok_or_else(|| ApiError::no_such_client(id))
    }

    pub(crate) fn user(&self, name: &str) -> Result<User, ApiError> {
        self.contents().user(name).cloned().ok_or_else(ApiError::no_such_user)
    }
}
