//! Which tenant may be waiting for somebody at a client that names none: the one whose invitation pre sign-up remembered, else the
//! one of their provider, else the one of their domain.

use domain::{Account, DomainOwner, MailboxKey, Person, Provider, ProviderKind, TenantId, UserName};

use crate::batch::{Batch, Found};
use crate::broken::Broken;
use crate::entity::Remembered;
use crate::keys::Key;
use crate::session::Session;

/// Where to look.
#[derive(Debug)]
pub struct Waiting<'a> {
    account: &'a Account,
    remembered: Key,
    domain: Option<Key>,
    provider: Option<Key>,
}

/// What was found.
#[derive(Debug)]
pub struct Awaited {
    /// What pre sign-up remembered of this user and this mailbox.
    pub remembered: Option<Remembered>,
    /// The tenant that may be waiting. Nothing is decided by that.
    pub tenant: Option<TenantId>,
}

impl<'a> Waiting<'a> {
    /// For this person.
    pub fn of(person: &Person, user_name: &UserName, account: &'a Account) -> Self {
        Self {
            account,
            remembered: Key::enrolment(&person.pool, user_name),
            domain: account.address().map(|address| Key::domain(address.domain())),
            provider: account.provider_name().map(|name| Key::provider(&person.pool, &name)),
        }
    }

    /// Adds the keys to a batch.
    pub fn ask(&self, batch: &mut Batch) {
        batch.add(self.remembered.clone()).maybe(self.domain.clone()).maybe(self.provider.clone());
    }

    /// Takes the answer from what the batch found.
    pub fn take(&self, found: &Found) -> Result<Awaited, Broken> {
        let remembered: Option<Remembered> = found.get(&self.remembered)?;
        let remembered = remembered.filter(|known| is_for(known, self.account));
        let domain: Option<DomainOwner> = found.maybe(self.domain.as_ref())?;
        let provider: Option<Provider> = found.maybe(self.provider.as_ref())?;
        let own = provider.and_then(|provider| match provider.kind {
            ProviderKind::Tenant(tenant) => Some(tenant),
            ProviderKind::Social => None,
        });
        let tenant = remembered.as_ref().map(|remembered| remembered.tenant.clone());
        Ok(Awaited { tenant: tenant.or(own).or_else(|| domain?.tenant), remembered })
    }

    /// Reads the answer alone.
    pub async fn read(&self, session: &Session) -> Result<Awaited, Broken> {
        let mut batch = Batch::default();
        self.ask(&mut batch);
        self.take(&session.batch(batch).await?)
    }
}

/// A reminder of another mailbox is somebody else's, who tried the same user name.
pub(crate) fn is_for(remembered: &Remembered, account: &Account) -> bool {
    account.address().is_some_and(|address| remembered.is_for(&MailboxKey::of(&remembered.tenant, address)))
}
