//! The table of a test: the embedded engine on a loopback port, a clock that the test moves, people at `.example` addresses.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::{Actor, Email, Membership, Person, Roles, Tenant, TenantId};
use jiff::{SignedDuration, Timestamp};
use operations::{NewMember, NewTenant, Operations};
use store::{Connection, Table};

static NANOS: AtomicI64 = AtomicI64::new(0);
static SEED: AtomicU64 = AtomicU64::new(1);

/// Every look at the clock is a microsecond later: two moments of a test are never the same.
pub(crate) fn now() -> Timestamp {
    let passed = NANOS.fetch_add(1_000, Ordering::Relaxed);
    "2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_nanos(passed)
}

/// Unlike at every call, alike in every run.
pub(crate) fn random(bytes: &mut [u8]) {
    for byte in bytes {
        let mut x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        *byte = (x >> 56) as u8;
    }
}

/// A table that is there, empty.
pub(crate) struct World {
    pub(crate) table: Table,
    pub(crate) ops: Operations,
}

impl World {
    pub(crate) async fn new() -> Self {
        let world = Self::without_table().await;
        store::definition::create(&world.table).await.unwrap();
        world
    }

    pub(crate) async fn without_table() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let credentials = Credentials::new("local", "local", None, None, "test");
        let table = Table::connect(Connection {
            table: "tenantry".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: Some(endpoint),
            trust: store::connect::Trust::Amazon,
            credentials: SharedCredentialsProvider::new(credentials),
            jitter: || 7,
        })
        .unwrap();
        let ops = Operations::new(&table, Actor::Operator("test".to_owned()), now, random);
        Self { table, ops }
    }

    /// The same table in a member's hands.
    pub(crate) fn as_member(&self, row: &Membership) -> Operations {
        Operations::new(&self.table, Actor::Member(row.person.clone()), now, random)
    }

    pub(crate) async fn tenant(&self, slug: &str) -> Tenant {
        self.ops.create_tenant(&NewTenant::new(slug.parse().unwrap(), slug)).await.unwrap()
    }

    pub(crate) async fn add(&self, tenant: &TenantId, name: &str, role: &str) -> Membership {
        self.ops.add_member(tenant, &new_member(name, role)).await.unwrap()
    }

    /// Seats used and owners, as the counter says.
    pub(crate) async fn counted(&self, tenant: &TenantId) -> (u64, u64) {
        let seats = self.ops.seats(tenant).await.unwrap();
        (seats.used, seats.owners)
    }

    /// Seats used and owners, as the rows say.
    pub(crate) async fn recounted(&self, tenant: &TenantId) -> (u64, u64) {
        let rows = self.ops.members(tenant).await.unwrap();
        let seats = rows.iter().filter(|row| row.status.takes_seat()).count();
        let owners = rows
            .iter()
            .filter(|row| row.status == domain::MembershipStatus::Active && row.roles.rank() == domain::Rank::Owner)
            .count();
        (seats as u64, owners as u64)
    }
}

pub(crate) fn roles(text: &str) -> Roles {
    Roles::parse(text.split(' ')).unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    Person { pool: "eu-central-1_test".parse().unwrap(), sub: name.parse().unwrap() }
}

pub(crate) fn email(name: &str) -> Email {
    format!("{name}@acme.example").parse().unwrap()
}

pub(crate) fn new_member(name: &str, role: &str) -> NewMember {
    NewMember { person: person(name), address: Some(email(name)), roles: roles(role), lift_bar: false }
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, operations::OperationError>) -> &'static str {
    result.unwrap_err().code()
}

impl World {
    /// Members who rest on a domain, as enrolment would have written them.
    pub(crate) async fn rest_on(
        &self,
        tenant: &TenantId,
        domain: &domain::DomainName,
        names: &[&str],
    ) -> Vec<Membership> {
        let owner = self.ops.domain_owner(domain).await.unwrap().unwrap();
        let mut rows = Vec::new();
        for name in names {
            let mut row = self.add(tenant, name, "member").await;
            row.origin = domain::Origin::Domain { domain: domain.clone(), generation: owner.generation };
            self.write(&row).await;
            rows.push(row);
        }
        rows
    }

    /// Somebody who asked to join, as enrolment would have written them.
    pub(crate) async fn request(&self, tenant: &TenantId, name: &str) {
        let at = now();
        self.write(&Membership {
            person: person(name),
            tenant: tenant.clone(),
            member: domain::MemberId::from_random(std::array::from_fn(|_| {
                let mut byte = [0];
                random(&mut byte);
                byte[0]
            })),
            roles: Roles::member(),
            status: domain::MembershipStatus::Requested,
            origin: domain::Origin::Domain { domain: "acme.example".parse().unwrap(), generation: 1 },
            address: Some(email(name)),
            since: at,
            created: at,
            revision: 0,
        })
        .await;
    }

    /// Writes an item as it is.
    pub(crate) async fn write(&self, row: &impl store::Entity) {
        let session = self.table.session(None);
        let mut transaction = store::Transaction::new(&session);
        transaction.write((), row).unwrap();
        assert_eq!(session.commit(&transaction).await.unwrap(), store::Commit::Done);
    }
}
