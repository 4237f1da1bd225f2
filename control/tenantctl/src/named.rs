//! Names with a pool in front: `POOL:CLIENT`, `POOL:SUB`, `POOL:PROVIDER`. With `--local` the pool may be left out.

use std::str::FromStr;

use domain::{Client, ClientId, Invalid, Person, PoolId, ProviderName, Sub};
use jiff::SignedDuration;

use crate::{Context, Failure};

/// A noun that stands behind a pool.
pub(crate) trait InPool: Sized + Clone + Send + Sync {
    /// Reads it as an operator writes it.
    fn read(text: &str) -> Result<Self, Invalid>;
}

impl InPool for ClientId {
    fn read(text: &str) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl InPool for Sub {
    fn read(text: &str) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl InPool for ProviderName {
    /// The canonical form is lower case; pools and people write it as they like.
    fn read(text: &str) -> Result<Self, Invalid> {
        text.to_lowercase().parse()
    }
}

/// A name, perhaps with its pool.
#[derive(Debug, Clone)]
pub(crate) struct Named<T> {
    pool: Option<PoolId>,
    name: T,
}

impl<T: InPool> FromStr for Named<T> {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.split_once(':') {
            Some((pool, name)) => Ok(Self { pool: Some(pool.parse()?), name: T::read(name)? }),
            None => Ok(Self { pool: None, name: T::read(text)? }),
        }
    }
}

impl<T: AsRef<str>> Named<T> {
    fn pool(&self, context: &Context<'_>) -> Result<PoolId, Failure> {
        let local = || context.local.as_ref()?.user_pool.as_ref()?.parse().ok();
        self.pool.clone().or_else(local).ok_or_else(|| Failure::NoPool(self.name.as_ref().to_owned()))
    }
}

impl Named<ClientId> {
    /// The app client.
    pub(crate) fn client(&self, context: &Context<'_>) -> Result<Client, Failure> {
        Ok(Client { pool: self.pool(context)?, id: self.name.clone() })
    }
}

impl Named<Sub> {
    /// The person.
    pub(crate) fn person(&self, context: &Context<'_>) -> Result<Person, Failure> {
        Ok(Person { pool: self.pool(context)?, sub: self.name.clone() })
    }
}

impl Named<ProviderName> {
    /// The identity provider.
    pub(crate) fn provider(&self, context: &Context<'_>) -> Result<(PoolId, ProviderName), Failure> {
        Ok((self.pool(context)?, self.name.clone()))
    }
}

/// `30m`, `48h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "a number with m, h or d, for example 30m, 48h or 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 60 * 24,
        _ => return Err(wrong()),
    };
    number.checked_mul(minutes * 60).map(SignedDuration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        for (text, seconds) in
            [("30m", Some(1_800)), ("48h", Some(172_800)), ("7d", Some(604_800)), ("-1h", Some(-3_600))]
        {
            assert_eq!(duration(text).ok().map(|duration| duration.as_secs()), seconds, "{text}");
        }
        for odd in ["", "d", "7", "7w", "1.5h", "9999999999999999d", "é"] {
            assert!(duration(odd).is_err(), "{odd}");
        }
    }
}
