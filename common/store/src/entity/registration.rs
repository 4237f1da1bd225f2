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
    /// It was there when the holder took it: the holder lets go of it, and undoes nothing.
    pub adopted: bool,
    /// From whom the holder took it, and who gets it back.
    pub former: Option<Former>,
    /// Counts writes.
    pub revision: u64,
}

/// Who held something before it was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// As [`Registration::holder`].
    pub holder: String,
    /// As [`Registration::made`].
    pub made: String,
    /// As [`Registration::adopted`].
    pub adopted: bool,
}

impl Entity for Registration {
    const KIND: &'static str = "registration";
    const ATTRIBUTES: &'static [&'static str] =
        &["of_pk", "of_sk", "holder", "made", "adopted", "former", LIST_PK, LIST_SK];

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
            .flag("adopted", self.adopted)
            .listed(NO_TENANT, self.key().pk);
        if let Some(former) = &self.former {
            to.map("former", |to| {
                to.text("holder", &former.holder).text("made", &former.made).flag("adopted", former.adopted);
            });
        }
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            of: Key { pk: item.text("of_pk")?.to_owned(), sk: item.text("of_sk")?.to_owned() },
            holder: item.text("holder")?.to_owned(),
            made: item.text("made")?.to_owned(),
            adopted: item.flag("adopted")?,
            former: item.maybe_map("former")?.map(|former| Former::read(&former)).transpose()?,
            revision: item.number("revision")?,
        })
    }
}

impl Former {
    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            holder: item.text("holder")?.to_owned(),
            made: item.text("made")?.to_owned(),
            adopted: item.flag("adopted")?,
        })
    }
}
