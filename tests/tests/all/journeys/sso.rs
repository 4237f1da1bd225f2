//! A company switches single sign-on on for people who had passwords.

use domain::{MembershipStatus, Person, ProviderKind, ProviderName};
use operations::PolicyChange;
use user_pool::IdentityProvider;

use super::*;

const PROVIDER: &str = "AcmeIdP";

impl Laptop {
    /// The pool gets Acme's provider, Acme's app lets people choose it, and the table knows whose it is.
    async fn bind_acmes_provider(&self) {
        let pool = self.pool().unwrap();
        pool.set_provider(IdentityProvider::new(PROVIDER, user_pool::ProviderKind::Saml));
        for client in ["acme", "globex", "app"] {
            let mut settings = ClientSettings::for_passwords(client);
            settings.supported_identity_providers.push(PROVIDER.to_owned());
            pool.add_client(ClientSeed { client_id: Some(client.to_owned()), settings, ..ClientSeed::default() });
        }
        let name = ProviderName::fold(PROVIDER).unwrap();
        let kind = ProviderKind::Tenant(self.town.acme.id.clone());
        self.operations().bind_provider(&self.pool_id().unwrap(), &name, &kind).await.unwrap();
    }

    async fn require_sso(&self, required: bool) {
        let change = PolicyChange { sso_required: Some(required), ..PolicyChange::default() };
        self.operations().set_policy(&self.town.acme.id, &change).await.unwrap();
    }

    async fn federate(&self, app: &str, subject: &str, address: &str) -> Outcome {
        self.app(app).federate(PROVIDER, subject, &json!({ "email": address })).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn password_members_move_to_the_company_account_with_everything_they_have() {
    let laptop = Laptop::start().await;
    let (operations, acme, app) = (laptop.operations(), &laptop.town.acme, laptop.app("acme"));
    let address = "ann@acme.example";
    let ann = member(app.join(address, None).await, acme, &["member"]);
    operations.set_roles(&acme.id, &named(address), &roles(&["owner", "billing"])).await.unwrap();
    let ann = member(app.refresh(&ann).await, acme, &["billing", "owner"]);
    laptop.bind_acmes_provider().await;
    let seats = laptop.seats(acme).await;

    laptop.require_sso(true).await;
    refused(app.refresh(&ann).await, Refusal::SsoRequired);
    refused(app.sign_in(address).await, Refusal::SsoRequired);
    refused(app.managed_login(address).await.unwrap(), Refusal::SsoRequired);
    refused(app.sign_up("new@acme.example", None).await, Refusal::SsoRequired);

    // The first sign-in by the company's own provider, with an address of the company's own domain.
    let federated = member(laptop.federate("acme", "ann", address).await, acme, &["billing", "owner"]);
    assert_ne!(federated.sub(), ann.sub(), "Cognito makes another user of the federated Ann");
    assert_eq!(federated.text("member_id"), ann.text("member_id"), "and for us she is the same member");
    assert_eq!(laptop.seats(acme).await, seats, "in the same seat");
    assert_eq!(operations.seats(&acme.id).await.unwrap().owners, 2);
    let person = |tokens: &Tokens| Person { pool: laptop::POOL.parse().unwrap(), sub: tokens.sub().parse().unwrap() };
    let before = operations.find_member(&acme.id, &person(&ann).into()).await.unwrap();
    assert_eq!(before.status, MembershipStatus::Superseded);
    assert_eq!(laptop.row(acme, address).await.person, person(&federated));

    // Later sign-ins and refreshes find her there.
    let later = member(laptop.federate("acme", "ann", address).await, acme, &["billing", "owner"]);
    member(app.refresh(&later).await, acme, &["billing", "owner"]);

    // The old account stays outside, also when passwords are allowed again.
    laptop.require_sso(false).await;
    refused(app.refresh(&ann).await, Refusal::SsoRequired);
    refused(app.sign_in(address).await, Refusal::SsoRequired);
    member(app.refresh(&later).await, acme, &["billing", "owner"]);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_account_speaks_for_the_companys_own_domain_alone() {
    let laptop = Laptop::start().await;
    let (operations, acme) = (laptop.operations(), &laptop.town.acme);
    let secret = laptop.invite(acme, "kim@contractor.example", "owner").await.unwrap();
    member(laptop.app("acme").join("kim@contractor.example", Some(&secret)).await, acme, &["owner"]);
    laptop.bind_acmes_provider().await;
    laptop.require_sso(true).await;

    // Acme's provider says that somebody is Kim, whose mailbox is not Acme's.
    refused(laptop.federate("acme", "kim", "kim@contractor.example").await, Refusal::ProviderNotAccepted);
    // New people of Acme's join by the provider.
    member(laptop.federate("acme", "new", "new@acme.example").await, acme, &["member"]);
    // Its session counts at Acme's app and nowhere else.
    refused(laptop.federate("globex", "new", "new@acme.example").await, Refusal::ProviderNotAccepted);
    nobodys(laptop.federate("app", "new", "new@acme.example").await);

    // Removed in the table, whatever the provider says.
    operations.remove(&acme.id, &named("new@acme.example"), None).await.unwrap();
    refused(laptop.federate("acme", "new", "new@acme.example").await, Refusal::MembershipEnded);
    // And nobody comes in by a provider that was switched off.
    let name = ProviderName::fold(PROVIDER).unwrap();
    operations.enable_provider(&laptop.pool_id().unwrap(), &name, false).await.unwrap();
    refused(laptop.federate("acme", "old", "old@acme.example").await, Refusal::ProviderNotAccepted);
    laptop.stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_password_member_does_not_come_back_through_the_company_account() {
    let laptop = Laptop::start().await;
    let (operations, acme, app) = (laptop.operations(), &laptop.town.acme, laptop.app("acme"));
    member(app.join("bob@acme.example", None).await, acme, &["member"]);
    operations.remove(&acme.id, &named("bob@acme.example"), None).await.unwrap();
    laptop.bind_acmes_provider().await;
    laptop.require_sso(true).await;
    refused(laptop.federate("acme", "bob", "bob@acme.example").await, Refusal::MembershipEnded);
    laptop.stack.shutdown().await;
}
