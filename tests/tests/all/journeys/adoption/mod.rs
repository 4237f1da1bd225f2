//! A pool that was there before comes over: a thousand users, three app clients, two functions of somebody else's, settings of its own.
//! One story for every ground; after each step the same people sign in at every client, and nobody is locked out.

mod local;
mod operator;
mod people;
mod sign_ins;
mod story;

use aws_sdk_cognitoidentityprovider as cognito;

pub(crate) use story::comes_over;

/// A pool and what to reach it by.
pub(crate) struct Place {
    /// What the ground is called, and the transcript.
    pub(crate) name: &'static str,
    /// The official SDK, which asks once.
    pub(crate) sdk: cognito::Client,
    pub(crate) pool: String,
    /// The ids of its app clients, in the order of [`CLIENTS`].
    pub(crate) clients: [String; 3],
    /// Where tenantctl finds everything.
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) otherwise: Otherwise,
}

/// What a ground does otherwise than AWS. It is as strict as an expectation: a ground that learns fails until it is named here no more.
pub(crate) struct Otherwise {
    /// Custom message words the mail to a user whom an administrator makes.
    pub(crate) fires_custom_message: bool,
    /// Post authentication hears of every sign-in.
    pub(crate) fires_post_authentication: bool,
    /// Whoever confirms with the code from the mail has a verified address.
    pub(crate) confirmation_verifies: bool,
    /// So often pre token generation is called for one sign-in.
    pub(crate) calls_per_sign_in: u64,
    /// How many users it can make at a time.
    pub(crate) users_at_once: usize,
    /// Why that is no fault of ours.
    pub(crate) because: &'static str,
}

/// A place, and what every place does in its own way.
pub(crate) trait Ground {
    fn place(&self) -> &Place;
    /// The code of the last mail to an address.
    async fn code(&self, address: &str) -> String;
    /// Further words for `client report`, by which it finds what our functions logged.
    async fn logs(&self) -> Vec<String>;
    /// Whether the last mail to an address is in the words of the pool's own custom message function.
    async fn is_in_their_words(&self, address: &str) -> bool;
    /// How many sign-ins the pool's own post authentication function heard of.
    async fn heard_of(&self) -> usize;
}

/// An app client of the pool, and whose it will be.
pub(crate) struct AppClient {
    pub(crate) name: &'static str,
    /// The tenant to which it will be bound; none: it will be shared.
    pub(crate) tenant: Option<&'static str>,
}

pub(crate) const CLIENTS: [AppClient; 3] = [
    AppClient { name: "desk", tenant: Some("acme") },
    AppClient { name: "portal", tenant: Some("globex") },
    AppClient { name: "app", tenant: None },
];

/// The attribute that says, in this pool, of which customer somebody is.
pub(crate) const ATTRIBUTE: &str = "tenantId";
