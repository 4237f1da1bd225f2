//! What a template outside the table made in it: so that two of them never take the same thing from each other, and none takes away
//! what another one, or an operator, made.

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, LIST_PK, LIST_SK, NO_TENANT};

/// Who keeps an entity in line, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Of what: the partition and sort key of the entity, so there is one of each at most.
    pub of: Key,
    /// Who holds it: a stack and the name in its template.
    pub holder: String,
    /// What the holder made of it, in words of the holder's own.
    pub made: String,
    /// Counts writes.
    pub revision: u64,
}

impl Entity for Registration {
    const KIND: &'static str = "registration";
    const ATTRIBUTES: &'static [&'static str] = &["of_pk", "of_sk", "holder", "made", LIST_PK, LIST_SK];

    fn key(&self) -> Key {
        Key::registration(&self.of)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("of_pk", &self.of.pk)
            .text("of_sk", &self.of.sk)
            .text("holder", &self.holder)
            .text("made", &self.made)
            .listed(NO_TENANT, self.key().pk);
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            of: Key { pk: item.text("of_pk")?.to_owned(), sk: item.text("of_sk")?.to_owned() },
            holder: item.text("holder")?.to_owned(),
            made: item.text("made")?.to_owned(),
            revision: item.number("revision")?,
        })
    }
}
