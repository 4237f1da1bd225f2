//! What a trigger does beside waiting for the table: an event is decoded, a decision is made, an answer is encoded.
//!
//! `cargo bench -p tenantry-bench`; without `--bench`, as in `cargo test --all-targets`, each of them runs once.

#![expect(clippy::unwrap_used, reason = "what is measured is valid")]

use domain::Account;
use lambda::Event;
use tests::nouns;

/// As long as those that Cognito gives.
const CLIENT: &str = "1h57kf5cpq17m0eml12example";
const ANN: &str = "ann@acme.example";

fn main() {
    divan::main();
}

/// What every trigger reads of an event.
fn read(raw: &lambda::RawValue) -> (Event, Account) {
    let event = Event::read(raw).unwrap();
    let account = event.account();
    divan::black_box((event.source(), event.client(), event.person(), event.user()));
    (event, account)
}

mod pre_token_generation {
    use divan::{Bencher, black_box};
    use domain::access::{self, Access, Way};
    use domain::claims::{self, NameMap, Speaker};
    use domain::{Catalogue, Holder, Mailbox};
    use pre_token_generation::token::{self, Version};

    use super::{ANN, CLIENT, nouns, read};

    fn event() -> Box<lambda::RawValue> {
        tests::Event::token(CLIENT, "ann", ANN).raw()
    }

    #[divan::bench]
    fn decode(bencher: Bencher<'_, '_>) {
        let raw = event();
        bencher.bench(|| read(black_box(&raw)));
    }

    /// Whether she stands in the tenant, and what the token then says.
    #[divan::bench]
    fn decide(bencher: Bencher<'_, '_>) {
        let (event, account) = read(&event());
        let (tenant, row, domain) =
            (nouns::tenant("acme"), nouns::member("ann", "acme"), nouns::domain_of("acme.example", "acme"));
        let holder = Holder { person: row.person.clone(), member: row.member.clone() };
        let mailbox = Mailbox { holder: Some(holder), revision: 1, ..Mailbox::default() };
        let (names, catalogue) = (NameMap::default(), Catalogue::default());
        bencher.bench(|| {
            let facts = access::Facts {
                now: nouns::now(),
                way: Way::Authentication,
                tenant: &tenant,
                account: &account,
                domain: Some(&domain),
                provider: None,
                mailbox: &mailbox,
                former_bar: None,
                membership: Some(&row),
                code_passed: false,
            };
            let Access::Granted(row) = access::decide(black_box(&facts)) else { return None };
            let speaker = Speaker { tenant: &tenant, member: Some(&row.member), roles: &row.roles };
            let scopes = claims::scopes(event.scopes(), Some(speaker.roles), &catalogue, false);
            Some((claims::claims(&names, Some(speaker), &catalogue), scopes))
        });
    }

    /// By the trigger's own hand; what the token says is decided once more on the way.
    #[divan::bench]
    fn encode(bencher: Bencher<'_, '_>) {
        let raw = event();
        let (tenant, row) = (nouns::tenant("acme"), nouns::member("ann", "acme"));
        let speaker = Speaker { tenant: &tenant, member: Some(&row.member), roles: &row.roles };
        let binding = nouns::client_of(CLIENT, "acme");
        let (names, catalogue) = (NameMap::default(), Catalogue::default());
        bencher.with_inputs(|| read(&raw).0).bench_values(|event| {
            let speaker = black_box(Some(speaker));
            token::write(event, Version::V2, &names, &binding, speaker, &catalogue).unwrap().into_raw().unwrap()
        });
    }
}

mod pre_sign_up {
    use divan::{Bencher, black_box};
    use domain::sign_up::{self, Presented, Start};
    use domain::{ClientKind, Mailbox};

    use super::{ANN, CLIENT, nouns, read};

    fn event() -> Box<lambda::RawValue> {
        tests::Event::sign_up(CLIENT, "ann", ANN).raw()
    }

    #[divan::bench]
    fn decode(bencher: Bencher<'_, '_>) {
        let raw = event();
        bencher.bench(|| read(black_box(&raw)));
    }

    /// Which tenant, and whether its domain lets her start.
    #[divan::bench]
    fn decide(bencher: Bencher<'_, '_>) {
        let (_, account) = read(&event());
        let (tenant, domain) = (nouns::tenant("acme"), nouns::domain_of("acme.example", "acme"));
        let (client, mailbox) = (ClientKind::Tenant(tenant.id.clone()), Mailbox::default());
        bencher.bench(|| {
            let target = sign_up::target(&client, Presented::Nothing, None, Some(&domain));
            let facts = sign_up::Facts {
                now: nouns::now(),
                start: Start::SignUp,
                client: &client,
                tenant: Some(&tenant),
                account: &account,
                presented: Presented::Nothing,
                domain: Some(&domain),
                provider: None,
                mailbox: &mailbox,
            };
            (target, sign_up::decide(black_box(&facts)))
        });
    }

    /// The event goes back as it came.
    #[divan::bench]
    fn encode(bencher: Bencher<'_, '_>) {
        let raw = event();
        bencher.with_inputs(|| read(&raw).0).bench_values(|event| event.unchanged().into_raw().unwrap());
    }
}
