//! Whom a challenge is for, and where a code for them may go: asked of somebody and of nobody alike.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::account::{Account, Identities};
use crate::challenge::padded::{NAME, padded, padded_or};
use crate::email::Email;
use crate::id::{Person, PoolId, UserName};
use crate::invitation::hex;
use crate::refusal::Refusal;

/// Whom a challenge is for: the person, or, if the user does not exist, somebody who stands for them, so that asking for them reads and
/// writes what asking for anybody does. The stand-in is worked out for everybody, and whoever it is comes as a copy: the time that these take
/// would tell who exists. The person is of this pool.
pub fn subject(pool: &PoolId, user_name: &UserName, person: Option<&Person>) -> Option<Person> {
    let stand_in = padded(&stand_in(user_name));
    let name: [u8; NAME] = padded_or(person.map(|person| &person.sub), user_name, &stand_in);
    let length = name.iter().map(|byte| usize::from(*byte != 0)).sum();
    let sub = str::from_utf8(name.get(..length)?).ok()?;
    Some(Person { pool: pool.clone(), sub: sub.parse().ok()? })
}

/// Stands for a user who does not exist: a `sub` of the usual form, always the same for one user name in any case.
pub fn nobody(pool: &PoolId, user_name: &UserName) -> Option<Person> {
    Some(Person { pool: pool.clone(), sub: stand_in(user_name).parse().ok()? })
}

fn stand_in(user_name: &UserName) -> String {
    let name = user_name.as_ref();
    let name = if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) };
    let mut room = padded::<NAME>(&name);
    room.make_ascii_lowercase();
    let mut hash = Sha256::new();
    hash.update("tenantry nobody 2\0");
    hash.update(room);
    hash.update(name.as_bytes().get(NAME..).unwrap_or_default());
    let digits = hex(&hash.finalize());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

/// The mailbox to which a code may go, of a user who exists: one that the person has proven, of an account that nobody else writes to. Whatever
/// stands in the way, and whether anything does, it is looked at whole.
pub fn mailbox(account: &Account, exists: bool) -> Option<&Email> {
    let may = obstacles(account).iter().fold(exists, |may, (stands, _)| may && !stands);
    account.address().filter(|_| may)
}

/// Why no code may go to an account's mailbox.
pub fn no_mailbox(account: &Account) -> Option<Refusal> {
    obstacles(account).into_iter().find_map(|(stands, refusal)| stands.then_some(refusal))
}

/// What may stand in a code's way. The provider of a linked account can rewrite its address, and so could read the code.
fn obstacles(account: &Account) -> [(bool, Refusal); 3] {
    [
        (account.external | !matches!(account.identities, Identities::None), Refusal::LinkedAccount),
        (account.address().is_none(), Refusal::EmailNotAccepted),
        (!account.email_verified, Refusal::EmailNotVerified),
    ]
}

/// What is shown of where a code went before anybody proved a password: nothing. What Cognito calls a user who does not exist is not known
/// to be what was typed, so that any letter of an address would tell who exists.
pub const UNSHOWN: &str = "***@***";

/// What is shown of where a code went behind a proven password: `a***@a***.example`.
pub fn mask(address: &Email) -> String {
    let first = |text: &str| text.chars().next().unwrap_or('*');
    let domain = address.domain().as_ref();
    let top = domain.rsplit('.').next().unwrap_or_default();
    format!("{}***@{}***.{top}", first(address.as_ref()), first(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_to_a_proven_mailbox_of_an_account_that_nobody_else_writes() {
        let identity = || crate::account::Identity { provider: "okta".into(), subject: "s".into() };
        let good = || Account {
            email: Some("ann@acme.example".parse()),
            email_verified: true,
            external: false,
            identities: Identities::None,
        };
        assert_eq!(mailbox(&good(), true).map(AsRef::as_ref), Some("ann@acme.example"));
        assert_eq!((mailbox(&good(), false), no_mailbox(&good())), (None, None));
        for (account, refusal) in [
            (Account { email_verified: false, ..good() }, Refusal::EmailNotVerified),
            (Account { email: None, ..good() }, Refusal::EmailNotAccepted),
            (Account { email: Some("a b@acme.example".parse()), ..good() }, Refusal::EmailNotAccepted),
            (Account { external: true, ..good() }, Refusal::LinkedAccount),
            (Account { external: true, identities: Identities::One(identity()), ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::One(identity()), ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::Many, ..good() }, Refusal::LinkedAccount),
            (Account { identities: Identities::Malformed, ..good() }, Refusal::LinkedAccount),
        ] {
            assert_eq!((mailbox(&account, true), no_mailbox(&account)), (None, Some(refusal)), "{account:?}");
        }
    }

    #[test]
    fn c10_nobody_looks_like_somebody() {
        let pool: PoolId = "eu-west-1_a".parse().unwrap();
        let name = |text: &str| text.parse::<UserName>().unwrap();
        let sub = nobody(&pool, &name("ann@acme.example")).unwrap().sub;
        // SHA-256 of the name in 128 bytes, by another program: it stays what it is from version to version.
        assert_eq!(sub.as_ref(), "3cfce2dc-325c-4e38-8a74-03b4de267cae");
        assert_eq!(nobody(&pool, &name("Ann@ACME.example")).unwrap().sub, sub);
        assert_ne!(nobody(&pool, &name("bob@acme.example")).unwrap().sub, sub);
        // Longer than the room, in letters of two bytes: nothing of a name is left out, and no case counts.
        let long = |end: &str| nobody(&pool, &name(&format!("{}{end}", "é".repeat(64)))).unwrap().sub;
        assert_ne!(long("a"), long("b"));
        assert_eq!(nobody(&pool, &name(&format!("{}A", "É".repeat(64)))).unwrap().sub, long("a"));
    }

    #[test]
    fn a_mask_shows_two_letters_and_the_top_of_a_domain() {
        for (address, shown) in [
            ("ann@acme.example", "a***@a***.example"),
            ("b@mail.globex.co.uk", "b***@m***.uk"),
            ("zoe.long-name@xn--bcher-kva.example", "z***@x***.example"),
        ] {
            assert_eq!(mask(&address.parse().unwrap()), shown);
        }
    }
}
