//! The event's identifiers as the nouns that triggers decide over.

use domain::{Client, Person, UserName};

use crate::event::Event;

impl Event {
    /// The app client in its pool; `None` if the event names none that could be bound.
    pub fn client(&self) -> Option<Client> {
        Some(Client { pool: self.user_pool_id()?.parse().ok()?, id: self.client_id()?.parse().ok()? })
    }

    /// The person: the pool and the account's `sub`.
    pub fn person(&self) -> Option<Person> {
        Some(Person { pool: self.user_pool_id()?.parse().ok()?, sub: self.attribute("sub")?.parse().ok()? })
    }

    /// The user name that the event is about.
    pub fn user(&self) -> Option<UserName> {
        self.user_name()?.parse().ok()
    }
}
