//! Items and entities: how a noun is written, and how an item is believed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::broken::Broken;
use crate::keys::{Key, LIST_PK, LIST_SK, PK, SK, TTL};

/// The schema that this version writes. A reader refuses any other major version; unknown attributes are tolerated and kept.
pub const SCHEMA: u64 = 1;

/// A noun of the table.
pub trait Entity: Sized {
    /// Its kind, as written in `kind`.
    const KIND: &'static str;
    /// Every attribute that [`Entity::write`] may set, so that what it leaves out is removed and what others wrote is kept.
    const ATTRIBUTES: &'static [&'static str];

    /// Where it is.
    fn key(&self) -> Key;
    /// How often it was written before; 0: not yet.
    fn revision(&self) -> u64;
    /// Writes its attributes.
    fn write(&self, to: &mut Writer);
    /// Believes an item. [`read`] has checked kind and schema, and compares the key afterwards.
    fn read(item: &Item<'_>) -> Result<Self, Broken>;
}

/// An item of the table as DynamoDB gives it, with the names of what it should be for error messages.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    kind: &'static str,
    attributes: &'a HashMap<String, AttributeValue>,
}

/// Reads an entity and checks that it is what was asked for.
pub fn read<E: Entity>(attributes: &HashMap<String, AttributeValue>) -> Result<E, Broken> {
    let item = Item { kind: E::KIND, attributes };
    if item.text("kind")? != E::KIND {
        return Err(item.unreadable("kind", "is another"));
    }
    if item.number("schema")? != SCHEMA {
        return Err(item.unreadable("schema", "is of another major version; update Tenantry"));
    }
    let entity = E::read(&item)?;
    // INVARIANT: what an item says of itself is what its key says; nothing is believed of a misplaced or tampered item.
    let key = entity.key();
    if item.text(PK)? == key.pk && item.text(SK)? == key.sk { Ok(entity) } else { Err(Broken::ForeignKey) }
}

/// The key that an item stands under.
pub fn key_of(attributes: &HashMap<String, AttributeValue>) -> Result<Key, Broken> {
    let item = Item { kind: "item", attributes };
    Ok(Key { pk: item.text(PK)?.to_owned(), sk: item.text(SK)?.to_owned() })
}

impl<'a> Item<'a> {
    /// A map that must be there: items that are part of another.
    pub fn map(&self, name: &str) -> Result<Item<'a>, Broken> {
        self.maybe_map(name)?.ok_or_else(|| self.unreadable(name, "is missing"))
    }

    /// A map that may be absent.
    pub fn maybe_map(&self, name: &str) -> Result<Option<Item<'a>>, Broken> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(attributes)) => Ok(Some(Item { kind: self.kind, attributes })),
            Some(_) => Err(self.unreadable(name, "is not a map")),
        }
    }

    /// Every entry of this map.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Result<Item<'a>, Broken>)> + use<'a> {
        let (kind, attributes) = (self.kind, self.attributes);
        attributes.iter().map(move |(name, value)| {
            let item = match value {
                AttributeValue::M(attributes) => Ok(Item { kind, attributes }),
                _ => Err(Broken::Unreadable { kind, why: "an entry is not a map".to_owned() }),
            };
            (name.as_str(), item)
        })
    }

    /// The error that says what is wrong with an attribute. It never repeats its value.
    pub fn unreadable(&self, name: &str, what: &str) -> Broken {
        Broken::Unreadable { kind: self.kind, why: format!("{name} {what}") }
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&'a str, Broken> {
        self.maybe_text(name)?.ok_or_else(|| self.unreadable(name, "is missing"))
    }

    /// A text that may be absent.
    pub fn maybe_text(&self, name: &str) -> Result<Option<&'a str>, Broken> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.unreadable(name, "is not a string")),
        }
    }

    /// A noun that must be there.
    pub fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<T, Broken> {
        self.maybe_parse(name)?.ok_or_else(|| self.unreadable(name, "is missing"))
    }

    /// A noun that may be absent.
    pub fn maybe_parse<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Broken> {
        self.maybe_text(name)?.map(|text| text.parse().map_err(|_| self.unreadable(name, "is not valid"))).transpose()
    }

    /// A whole number that must be there.
    pub fn number(&self, name: &str) -> Result<u64, Broken> {
        self.maybe_number(name)?.ok_or_else(|| self.unreadable(name, "is missing"))
    }

    /// A whole number that may be absent.
    pub fn maybe_number(&self, name: &str) -> Result<Option<u64>, Broken> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(digits)) => {
                digits.parse().map(Some).map_err(|_| self.unreadable(name, "is not a whole number"))
            }
            Some(_) => Err(self.unreadable(name, "is not a number")),
        }
    }

    /// A truth value; absent is false.
    pub fn flag(&self, name: &str) -> Result<bool, Broken> {
        match self.attributes.get(name) {
            None => Ok(false),
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.unreadable(name, "is not a boolean")),
        }
    }

    /// Texts; absent is none.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, Broken> {
        match self.attributes.get(name) {
            None => Ok(Vec::new()),
            Some(AttributeValue::L(values)) => values
                .iter()
                .map(|value| match value {
                    AttributeValue::S(text) => Ok(text.as_str()),
                    _ => Err(self.unreadable(name, "holds something that is not a string")),
                })
                .collect(),
            Some(_) => Err(self.unreadable(name, "is not a list")),
        }
    }

    /// A moment that must be there.
    pub fn time(&self, name: &str) -> Result<Timestamp, Broken> {
        self.parse(name)
    }

    /// One of a closed list.
    pub fn one_of<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, Broken> {
        let text = self.text(name)?;
        choices
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| self.unreadable(name, "is not one of the known words"))
    }
}

/// The word for a value of a closed list.
pub fn word<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    choices.iter().find(|(_, other)| other == value).map_or("", |(word, _)| word)
}

/// Collects the attributes of an item.
#[derive(Debug, Default)]
pub struct Writer {
    attributes: Vec<(&'static str, AttributeValue)>,
}

impl Writer {
    /// A text.
    pub fn text(&mut self, name: &'static str, text: impl AsRef<str>) -> &mut Self {
        self.value(name, AttributeValue::S(text.as_ref().to_owned()))
    }

    /// A text, if there is one.
    pub fn maybe_text(&mut self, name: &'static str, text: Option<impl AsRef<str>>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &'static str, number: u64) -> &mut Self {
        self.value(name, AttributeValue::N(number.to_string()))
    }

    /// A truth value; false is left out.
    pub fn flag(&mut self, name: &'static str, flag: bool) -> &mut Self {
        if flag { self.value(name, AttributeValue::Bool(true)) } else { self }
    }

    /// Texts; none is left out.
    pub fn texts<T: AsRef<str>>(&mut self, name: &'static str, texts: impl IntoIterator<Item = T>) -> &mut Self {
        let values: Vec<_> = texts.into_iter().map(|text| AttributeValue::S(text.as_ref().to_owned())).collect();
        if values.is_empty() { self } else { self.value(name, AttributeValue::L(values)) }
    }

    /// A moment.
    pub fn time(&mut self, name: &'static str, time: Timestamp) -> &mut Self {
        self.text(name, time.to_string())
    }

    /// When DynamoDB may delete the item. Nothing relies on that: whoever reads compares the time itself.
    pub fn ttl(&mut self, time: Timestamp) -> &mut Self {
        self.value(TTL, AttributeValue::N(time.as_second().to_string()))
    }

    /// Under which list the index shows it.
    pub fn listed(&mut self, list: impl AsRef<str>, key: impl AsRef<str>) -> &mut Self {
        self.text(LIST_PK, list).text(LIST_SK, key)
    }

    /// Anything.
    pub fn value(&mut self, name: &'static str, value: AttributeValue) -> &mut Self {
        self.attributes.push((name, value));
        self
    }

    /// A map inside the item.
    pub fn map(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::default();
        write(&mut inner);
        self.value(name, inner.into_map())
    }

    /// As the value of an attribute.
    pub fn into_map(self) -> AttributeValue {
        AttributeValue::M(self.attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// What was collected.
    pub fn into_attributes(self) -> Vec<(&'static str, AttributeValue)> {
        self.attributes
    }
}
