//! The users of the pool, as its owner made them over the years, and those of them whom the story follows.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider as cognito;
use cognito::types::{AttributeType, MessageActionType};
use tokio::task::JoinSet;

use super::{ATTRIBUTE, Place};

pub(super) const PASSWORD: &str = "Correct-horse-1";

/// The customers, each with how many of its people are ready to sign in.
pub(super) const TENANTS: [(&str, usize); 5] =
    [("acme", 300), ("globex", 250), ("initech", 200), ("umbrella", 150), ("hooli", 76)];
/// A customer who left; its people did not.
pub(super) const FORMER: &str = "wonka";
pub(super) const OF_FORMER: usize = 8;
pub(super) const WITHOUT_VALUE: usize = 10;
pub(super) const UNCONFIRMED: usize = 5;
pub(super) const DISABLED: usize = 1;
/// The address of every so manieth is not verified. No count above is a multiple of it, so that people of every kind are among them.
const UNVERIFIED: usize = 41;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    Unconfirmed,
    Disabled,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) address: String,
    /// What the attribute says.
    pub(super) value: Option<&'static str>,
    pub(super) state: State,
    /// Whether the address is verified.
    pub(super) verified: bool,
}

impl Person {
    /// The tenant to which an import brings them.
    pub(super) fn tenant(&self) -> Option<&'static str> {
        self.value.filter(|value| *value != FORMER && self.state == State::Ready)
    }
}

/// All of them.
pub(super) fn everybody() -> Vec<Person> {
    let ready = |value, count| std::iter::repeat_n((value, State::Ready), count);
    let acme = |state, count| std::iter::repeat_n((Some("acme"), state), count);
    TENANTS
        .iter()
        .flat_map(|(slug, count)| ready(Some(*slug), *count))
        .chain(ready(Some(FORMER), OF_FORMER))
        .chain(ready(None, WITHOUT_VALUE))
        .chain(acme(State::Unconfirmed, UNCONFIRMED))
        .chain(acme(State::Disabled, DISABLED))
        .zip(1..)
        .map(|((value, state), number)| Person {
            address: format!("u{number:04}@people.example"),
            value,
            state,
            verified: number % UNVERIFIED != 1,
        })
        .collect()
}

/// Those whom the story follows: some of every kind.
pub(super) fn followed(everybody: &[Person]) -> Vec<Person> {
    let some = |value: Option<&str>, state: State, count: usize| {
        let all: Vec<&Person> = everybody.iter().filter(|one| one.value == value && one.state == state).collect();
        // From the first to the last of them.
        let step = (all.len() / count).max(1);
        all.into_iter().step_by(step).take(count).cloned().collect::<Vec<_>>()
    };
    [
        some(Some("acme"), State::Ready, 6),
        some(Some("globex"), State::Ready, 5),
        some(Some("initech"), State::Ready, 4),
        some(Some("umbrella"), State::Ready, 3),
        some(Some("hooli"), State::Ready, 2),
        some(Some(FORMER), State::Ready, 1),
        some(None, State::Ready, 2),
        some(Some("acme"), State::Unconfirmed, 1),
        some(Some("acme"), State::Disabled, 1),
    ]
    .concat()
}

/// Makes every user, as the pool's owner did.
pub(super) async fn settle(place: &Place, everybody: &[Person]) {
    let waiting = Arc::new(tokio::sync::Semaphore::new(place.otherwise.users_at_once));
    let mut making = JoinSet::new();
    for person in everybody {
        let (sdk, pool, client) = (place.sdk.clone(), place.pool.clone(), place.clients[0].clone());
        let person = person.clone();
        let waiting = Arc::clone(&waiting);
        making.spawn(async move {
            let _turn = waiting.acquire_owned().await.unwrap();
            make(&sdk, &pool, &client, &person).await;
        });
    }
    while let Some(made) = making.join_next().await {
        made.unwrap();
    }
}

async fn make(sdk: &cognito::Client, pool: &str, client: &str, person: &Person) {
    let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
    let value = person.value.map(|value| attribute(&format!("custom:{ATTRIBUTE}"), value));
    if person.state == State::Unconfirmed {
        let sign_up = sdk.sign_up().client_id(client).username(&person.address).password(PASSWORD);
        sign_up.user_attributes(attribute("email", &person.address)).send().await.unwrap();
        let update = sdk.admin_update_user_attributes().user_pool_id(pool).username(&person.address);
        update.set_user_attributes(value.map(|value| vec![value])).send().await.unwrap();
        return;
    }
    let create = sdk.admin_create_user().user_pool_id(pool).username(&person.address);
    let create = create.temporary_password(PASSWORD).message_action(MessageActionType::Suppress);
    let known = [
        Some(attribute("email", &person.address)),
        Some(attribute("email_verified", if person.verified { "true" } else { "false" })),
        value,
    ];
    create.set_user_attributes(Some(known.into_iter().flatten().collect())).send().await.unwrap();
    let set = sdk.admin_set_user_password().user_pool_id(pool).username(&person.address);
    set.password(PASSWORD).permanent(true).send().await.unwrap();
    if person.state == State::Disabled {
        sdk.admin_disable_user().user_pool_id(pool).username(&person.address).send().await.unwrap();
    }
}
