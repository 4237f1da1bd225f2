//! The event's identifiers as the nouns that triggers decide over.

use domain::{Client, Person, UserName, challenge};

use crate::event::Event;

/// Whom a challenge is for.
#[derive(Debug, Clone)]
pub struct Challenged {
    /// The person, or who stands for them.
    pub person: Person,
    /// As Cognito names them, or as they were typed.
    pub user_name: UserName,
    /// Whether the user exists. Nobody outside may be able to tell.
    pub exists: bool,
}

impl Event {
    /// The app client in its pool; `None` if the event names none that could be bound.
    pub fn client(&self) -> Option<Client> {
        Some(Client { pool: self.user_pool_id()?.parse().ok()?, id: self.client_id()?.parse().ok()? })
    }

    /// The person: the pool and the account's `sub`.
    pub fn person(&self) -> Option<Person> {
        Some(Person { pool: self.user_pool_id()?.parse().ok()?, sub: self.attribute("sub")?.parse().ok()? })
    }

    /// Whom a challenge is for. A user who does not exist has somebody who stands for them, so that whatever is read and written for
    /// anybody is read and written for them.
    pub fn challenged(&self) -> Option<Challenged> {
        let user_name = self.user()?;
        let person = self.person().filter(|_| !self.challenge().user_not_found());
        let exists = person.is_some();
        let person = challenge::subject(&self.user_pool_id()?.parse().ok()?, &user_name, person.as_ref())?;
        Some(Challenged { person, user_name, exists })
    }

    /// The user name that the event is about.
    pub fn user(&self) -> Option<UserName> {
        self.user_name()?.parse().ok()
    }
}
