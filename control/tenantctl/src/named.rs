//! Names with a pool in front: `POOL:CLIENT`, `POOL:SUB`, `POOL:PROVIDER`. With `--local` the pool may be left out.

use std::str::FromStr;

use domain::{Client, Invalid, Person, PoolId, ProviderName};
use jiff::SignedDuration;

use crate::{Context, Failure};

/// A name, perhaps with its pool.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pool: Option<PoolId>,
    name: String,
}

impl FromStr for Named {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.split_once(':') {
            Some((pool, name)) => Ok(Self { pool: Some(pool.parse()?), name: name.to_owned() }),
            None => Ok(Self { pool: None, name: text.to_owned() }),
        }
    }
}

impl Named {
    fn pool(&self, context: &Context<'_>) -> Result<PoolId, Failure> {
        match (&self.pool, &context.local) {
            (Some(pool), _) => Ok(pool.clone()),
            (None, Some(local)) => local
                .user_pool
                .as_ref()
                .and_then(|pool| pool.parse().ok())
                .ok_or_else(|| Failure::NoPool(self.name.clone())),
            (None, None) => Err(Failure::NoPool(self.name.clone())),
        }
    }

    /// As an app client.
    pub(crate) fn client(&self, context: &Context<'_>) -> Result<Client, Failure> {
        Ok(Client { pool: self.pool(context)?, id: parse(&self.name)? })
    }

    /// As a person.
    pub(crate) fn person(&self, context: &Context<'_>) -> Result<Person, Failure> {
        Ok(Person { pool: self.pool(context)?, sub: parse(&self.name)? })
    }

    /// As an identity provider. Its canonical form is lower case.
    pub(crate) fn provider(&self, context: &Context<'_>) -> Result<(PoolId, ProviderName), Failure> {
        Ok((self.pool(context)?, parse(&self.name.to_lowercase())?))
    }
}

/// A noun of the domain; what it is not, is bad input.
pub(crate) fn parse<T: FromStr<Err = Invalid>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|invalid: Invalid| Failure::Operation(invalid.into()))
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
