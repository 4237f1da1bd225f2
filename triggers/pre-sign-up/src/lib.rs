//! Pre sign-up: may this person start? Admits by invitation, domain, provider or open sign-up; grants nothing.

use domain::sign_up::{self, Decision, Presented, Route, Start};
use domain::{
    Account, Binding, Client, DomainOwner, Email, Identities, Identity, Invitation, InvitationToken, MailboxKey, Mode,
    Provider, ProviderName, Refusal, Tenant, TenantId, UserName,
};
use lambda::{Call, Event, Failure, Outcome, Source, Trigger};
use store::entity::{KeyedMailbox, Remembered};
use store::{Batch, Broken, Key, Session, Table, clients, enrolment};

/// The member of `clientMetadata` (or of `validationData`) that carries an invitation token.
pub const INVITATION: &str = "invitation";

/// The trigger.
#[derive(Debug)]
pub struct PreSignUp {
    table: Table,
}

impl PreSignUp {
    /// Over this table.
    pub const fn new(table: Table) -> Self {
        Self { table }
    }
}

impl Trigger for PreSignUp {
    const NAME: &'static str = "pre-sign-up";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        let start = match event.source() {
            // IAM guards AdminCreateUser, and it grants nothing: the first token asks whether the person belongs.
            Some(Source::PreSignUpAdminCreateUser) => {
                return Outcome::reply(event.unchanged(), Route::Administrator.name()).after(0);
            }
            Some(Source::PreSignUpSignUp) => Start::SignUp,
            Some(Source::PreSignUpExternalProvider) => Start::Provider,
            _ => return unsupported(event, &self.table.session(Some(call.deadline))).await,
        };
        let session = self.table.session(Some(call.deadline));
        let outcome = match SignUp::read(&event, start) {
            Some(sign_up) => sign_up.answer(event, &session, call).await,
            None => Outcome::fail(Refusal::ClientNotBound),
        };
        outcome.after(session.calls())
    }
}

/// A source that nobody knows yet: refused, unless the client is being observed.
async fn unsupported(event: Event, session: &Session) -> Outcome {
    let observed = match event.client() {
        Some(client) => clients::observes(session, &client).await,
        None => false,
    };
    let refusal = Refusal::UnsupportedEvent;
    let outcome =
        if observed { Outcome::reply(event.unchanged(), "observed").would(refusal) } else { Outcome::fail(refusal) };
    outcome.after(session.calls())
}

/// What the event says, parsed.
struct SignUp {
    start: Start,
    client: Client,
    user_name: Option<UserName>,
    account: Account,
    /// What was presented as an invitation.
    token: Token,
    /// Names that the provider could have, the longest first.
    providers: Vec<ProviderName>,
}

/// What was presented as an invitation.
enum Token {
    Nothing,
    /// It cannot be a token.
    Malformed,
    Secret(InvitationToken),
}

/// What the table says of it.
struct Facts {
    tenant: Option<Tenant>,
    invitation: Option<Invitation>,
    domain: Option<DomainOwner>,
    provider: Option<Provider>,
    mailbox: domain::Mailbox,
}

impl SignUp {
    fn read(event: &Event, start: Start) -> Option<Self> {
        let client = event.client()?;
        let token = event.client_metadata(INVITATION).or_else(|| event.validation_data(INVITATION));
        let external = start == Start::Provider;
        // Only this source says that the user name begins with a provider's name: anybody may sign up as `okta_bob`.
        let providers = if external { ProviderName::candidates(event.user_name()?) } else { Vec::new() };
        Some(Self {
            start,
            client,
            user_name: event.user(),
            account: Account { external, identities: Identities::None, ..event.account() },
            token: token
                .map_or(Token::Nothing, |text| InvitationToken::parse(text).map_or(Token::Malformed, Token::Secret)),
            providers,
        })
    }

    async fn answer(mut self, event: Event, session: &Session, call: Call) -> Outcome {
        match self.decide(session, call).await {
            Err(_) if clients::observes(session, &self.client).await => {
                Outcome::reply(event.unchanged(), "observed").would(Refusal::TryAgain)
            }
            Err(broken) => Outcome::broken(broken),
            Ok((None, _, _)) => Outcome::fail(Refusal::ClientNotBound),
            Ok((Some(binding), decision, tenant)) => match (binding.mode, decision) {
                (Mode::Observe, Decision::Admit(_)) => Outcome::reply(event.unchanged(), "observed"),
                (Mode::Observe, Decision::Refuse(refusal)) => {
                    Outcome::reply(event.unchanged(), "observed").would(refusal)
                }
                (Mode::Enforce, Decision::Refuse(refusal)) => Outcome::fail(refusal),
                (Mode::Enforce, Decision::Admit(route)) => {
                    match self.remember(session, &route, tenant.as_ref(), call).await {
                        Ok(()) => Outcome::reply(event.unchanged(), route.name()),
                        Err(broken) => Outcome::fail(Failure::broken(broken)),
                    }
                }
            }
            .of(tenant),
        }
    }

    /// Two round trips, whatever was presented: the first finds out which tenant, the second what it says.
    async fn decide(
        &mut self,
        session: &Session,
        call: Call,
    ) -> Result<(Option<Binding>, Decision, Option<TenantId>), Broken> {
        let denied = Decision::Refuse(Refusal::ClientNotBound);
        let invitation_key = match &self.token {
            Token::Secret(token) => Some(Key::invitation(&token.digest())),
            Token::Nothing | Token::Malformed => None,
        };
        let domain_key = self.account.address().map(|address| Key::domain(address.domain()));
        let provider_keys: Vec<_> = self.providers.iter().map(|name| Key::provider(&self.client.pool, name)).collect();
        let mut batch = Batch::default();
        clients::ask_binding(&self.client, &mut batch);
        batch.maybe(invitation_key.clone()).maybe(domain_key.clone());
        for key in &provider_keys {
            batch.add(key.clone());
        }
        let found = session.batch(batch).await?;
        let Some(binding) = clients::take_binding(&self.client, &found)? else {
            return Ok((None, denied, None));
        };
        let mut facts = Facts {
            tenant: None,
            invitation: found.maybe(invitation_key.as_ref())?,
            domain: found.maybe(domain_key.as_ref())?,
            provider: None,
            mailbox: domain::Mailbox::default(),
        };
        for key in &provider_keys {
            if facts.provider.is_none() {
                facts.provider = found.get(key)?;
            }
        }
        if let Some(provider) = &facts.provider {
            let identity = Identity { provider: provider.name.to_string(), subject: String::new() };
            self.account.identities = Identities::One(identity);
        }
        let presented = self.presented(facts.invitation.as_ref());
        let target = sign_up::target(&binding.kind, presented, facts.provider.as_ref(), facts.domain.as_ref());
        facts.read_tenant(session, target.as_ref(), self.account.address()).await?;
        let decision = sign_up::decide(&sign_up::Facts {
            now: call.now,
            start: self.start,
            client: &binding.kind,
            tenant: facts.tenant.as_ref(),
            account: &self.account,
            presented: self.presented(facts.invitation.as_ref()),
            domain: facts.domain.as_ref(),
            provider: facts.provider.as_ref(),
            mailbox: &facts.mailbox,
        });
        Ok((Some(binding), decision, target))
    }

    fn presented<'a>(&self, invitation: Option<&'a Invitation>) -> Presented<'a> {
        match (&self.token, invitation) {
            (Token::Nothing, _) => Presented::Nothing,
            (_, Some(invitation)) => Presented::Known(invitation),
            (_, None) => Presented::Unknown,
        }
    }

    /// The metadata of a sign-up does not reach post confirmation, so an invitation that was presented is kept for it.
    async fn remember(
        &self,
        session: &Session,
        route: &Route,
        tenant: Option<&TenantId>,
        call: Call,
    ) -> Result<(), Broken> {
        let (Route::Invitation(invitation), Some(tenant), Some(address), Some(user_name)) =
            (route, tenant, self.account.address(), &self.user_name)
        else {
            return Ok(());
        };
        let remembered = Remembered {
            pool: self.client.pool.clone(),
            user_name: user_name.clone(),
            tenant: tenant.clone(),
            invitation: invitation.clone(),
            mailbox: MailboxKey::of(tenant, address).as_ref().to_owned(),
            // Longer than any invitation lives: a late confirmation must still be told why it cannot join.
            forget: call.now.saturating_add(jiff::SignedDuration::from_hours(24 * 90)).unwrap_or(call.now),
            revision: 0,
        };
        enrolment::remember(session, &remembered).await
    }
}

impl Facts {
    /// Reads the tenant and what it knows of the address; also where there is none to read, so that a stranger's guesses cost the
    /// same as good ones.
    async fn read_tenant(
        &mut self,
        session: &Session,
        target: Option<&TenantId>,
        address: Option<&Email>,
    ) -> Result<(), Broken> {
        let nobody = TenantId::from_random([0; 16]);
        let tenant = target.unwrap_or(&nobody);
        let tenant_key = Key::tenant(tenant);
        let mailbox_key = address.map(|address| Key::mailbox(tenant, &MailboxKey::of(tenant, address)));
        let mut batch = Batch::default();
        batch.add(tenant_key.clone()).maybe(mailbox_key.clone());
        let found = session.batch(batch).await?;
        if target.is_some() {
            self.tenant = found.get(&tenant_key)?;
            let mailbox: Option<KeyedMailbox> = found.maybe(mailbox_key.as_ref())?;
            self.mailbox = mailbox.map(|keyed| keyed.mailbox).unwrap_or_default();
        }
        Ok(())
    }
}
