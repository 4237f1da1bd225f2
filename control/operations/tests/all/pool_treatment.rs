//! What the doctor does at a user pool: every step looks again before it acts, and repeating it changes nothing.

use domain::{BarReason, ClientKind, MailboxKey, Membership, MembershipStatus, Person, TenantId};
use operations::{Barring, Case, ClientWish, Fixed, Severity, Step};
use store::codec::Writer;
use store::entity::KeyedMailbox;
use store::{Broken, Entity, Item, Key};
use user_pool::ClientSettings;

use crate::table::{email, person, roles};
use crate::user_pool::{APP, POOL, PoolWorld, app_settings, client, settled};

impl PoolWorld {
    async fn row(&self, row: &Membership) -> Membership {
        self.world.ops.find_member(&row.tenant, &row.into()).await.unwrap()
    }

    async fn bar(&self, name: &str) -> Option<BarReason> {
        let key = Key::mailbox(&self.acme.id, &MailboxKey::of(&self.acme.id, &email(name)));
        let found: Option<KeyedMailbox> = self.world.ops.session().get(&key).await.unwrap();
        found.and_then(|keyed| keyed.mailbox.bar).map(|bar| bar.reason)
    }

    async fn seats(&self) -> (u64, u64) {
        let counted = self.world.counted(&self.acme.id).await;
        assert_eq!(counted, self.world.recounted(&self.acme.id).await);
        counted
    }

    /// Items in the table.
    async fn items(&self) -> u64 {
        self.world.ops.doctor(false).await.unwrap().items
    }
}

#[tokio::test]
async fn the_seat_of_a_deleted_user_is_freed_and_nobody_is_barred() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "admin").await;
    pool.delete_user(&bob.person).await;
    assert_eq!(pool.seats().await, (2, 1));
    let mut case = pool.case("USER_DELETED").await;
    assert_eq!((case.finding.severity, case.finding.fix), (Severity::Problem, Fixed::Possible));
    for _ in 0..2 {
        assert_eq!(pool.treat(&mut case).await, Fixed::Done);
        assert_eq!(pool.row(&bob).await.status, MembershipStatus::Removed);
        assert_eq!((pool.seats().await, pool.bar("bob").await), ((1, 1), None));
    }
    let records = pool.world.ops.export_person(&bob.person, None).await.unwrap();
    let records = format!("{records:?}");
    assert_eq!(records.matches("member.release").count(), 1, "{records}");
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn d3_who_comes_to_the_address_of_a_deleted_user_anew_inherits_nothing() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "admin").await;
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    pool.treat(&mut case).await;
    let again = pool.user("bob").await;
    let row = pool.joins(&pool.acme.id, again, "bob", "viewer").await;
    assert_ne!(row.member, bob.member);
    assert_eq!(row.roles, roles("viewer"));
    assert_eq!(pool.row(&bob).await.status, MembershipStatus::Removed);
}

#[tokio::test]
async fn m2_the_seat_of_a_suspended_deleted_user_waits_for_somebody_to_decide() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "member").await;
    settled(&pool.world).suspend(&pool.acme.id, &(&bob).into(), None).await.unwrap();
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    assert_eq!((case.finding.fix, case.steps.len()), (Fixed::No, 0));
    assert!(case.finding.message.contains("tenantctl member remove"), "{}", case.finding.message);
    assert_eq!(pool.treat(&mut case).await, Fixed::No);
    assert_eq!(pool.row(&bob).await.status, MembershipStatus::Suspended);
    assert_eq!(pool.bar("bob").await, Some(BarReason::Suspended));
}

#[tokio::test]
async fn m2_who_is_suspended_between_plan_and_act_stays_so() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "member").await;
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    pool.world.ops.suspend(&pool.acme.id, &(&bob).into(), None).await.unwrap();
    assert_eq!(pool.treat(&mut case).await, Fixed::Again);
    assert_eq!(pool.row(&bob).await.status, MembershipStatus::Suspended);
    assert_eq!(pool.bar("bob").await, Some(BarReason::Suspended));
    assert_eq!(pool.seats().await, (2, 1));
}

#[tokio::test]
async fn m1_a_bar_of_before_outlives_the_freed_seat() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "member").await;
    let ops = &pool.world.ops;
    // Another account of the same mailbox was removed, and its bar stands.
    let other = pool.user("other").await;
    let other = pool.joins(&pool.acme.id, other, "other", "member").await;
    ops.remove_barring(&pool.acme.id, &(&other).into(), &Barring::Own, None).await.unwrap();
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    pool.treat(&mut case).await;
    assert_eq!((pool.bar("other").await, pool.bar("bob").await), (Some(BarReason::Removed), None));
}

#[tokio::test]
async fn the_last_owner_is_not_released() {
    let pool = PoolWorld::new().await;
    let umbra = pool.world.tenant("umbra").await;
    let bob = pool.user("bob").await;
    let bob = pool.joins(&umbra.id, bob, "bob", "owner").await;
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    assert_eq!(pool.treat(&mut case).await, Fixed::No);
    assert!(case.finding.message.contains("last owner"), "{}", case.finding.message);
    assert_eq!(pool.world.counted(&umbra.id).await, (1, 1));
}

#[tokio::test]
async fn a_request_of_a_deleted_user_no_longer_waits() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "member").await;
    let mut asked = pool.row(&bob).await;
    pool.world.ops.remove(&pool.acme.id, &(&bob).into(), None).await.unwrap();
    asked.revision += 1;
    asked.status = MembershipStatus::Requested;
    pool.world.write(&asked).await;
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    assert!(case.finding.message.contains("waits for an approval"), "{}", case.finding.message);
    assert_eq!(pool.treat(&mut case).await, Fixed::Done);
    assert_eq!(pool.row(&bob).await.status, MembershipStatus::Removed);
    assert_eq!(pool.seats().await, (1, 1));
}

#[tokio::test]
async fn somebody_who_is_not_gone_keeps_the_seat_whatever_a_plan_says() {
    let pool = PoolWorld::new().await;
    let bob = pool.member("bob", "member").await;
    pool.delete_user(&bob.person).await;
    let mut case = pool.case("USER_DELETED").await;
    // The plan names somebody else by now.
    let mia = pool.member("mia", "member").await;
    let step = Step::FreeSeat { person: mia.person.clone(), tenant: mia.tenant.clone(), member: mia.member.clone() };
    case.steps = vec![step];
    assert_eq!(pool.treat(&mut case).await, Fixed::Again);
    assert_eq!(pool.row(&mia).await.status, MembershipStatus::Active);
}

#[tokio::test]
async fn m15_old_unconfirmed_users_are_deleted_once_and_recorded_together() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    let old = [pool.signs_up("bob").await, pool.signs_up("mia").await];
    pool.came(1);
    let young = pool.signs_up("new").await;
    let mut case = pool.case("USERS_UNCONFIRMED").await;
    assert_eq!(case.steps.len(), 2);
    let before = pool.items().await;
    assert_eq!(pool.treat(&mut case).await, Fixed::Done);
    assert_eq!(pool.items().await, before + 1, "one record of all of them");
    for person in &old {
        assert!(!pool.is_there(person).await);
    }
    assert!(pool.is_there(&young).await);
    assert_eq!(pool.treat(&mut case).await, Fixed::Done);
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn m15_who_confirms_between_plan_and_act_is_not_deleted() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    let (bob, mia) = (pool.signs_up("bob").await, pool.signs_up("mia").await);
    let mut case = pool.case("USERS_UNCONFIRMED").await;
    pool.sdk.admin_confirm_sign_up().user_pool_id(POOL).username(bob.sub.as_ref()).send().await.unwrap();
    assert_eq!(pool.treat(&mut case).await, Fixed::Again);
    assert!(pool.is_there(&bob).await);
    assert!(!pool.is_there(&mia).await);
    assert!(pool.codes().await.is_empty());
}

#[tokio::test]
async fn m15_who_signed_up_anew_or_became_a_member_between_plan_and_act_is_not_deleted() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    let (bob, mia) = (pool.signs_up("bob").await, pool.signs_up("mia").await);
    let mut case = pool.case("USERS_UNCONFIRMED").await;
    pool.joins(&pool.acme.id, mia.clone(), "mia", "member").await;
    pool.delete_user(&bob).await;
    pool.came(1);
    let again = pool.signs_up("bob").await;
    // As in a pool where people choose their user names: the name is the same, the person is not.
    for step in &mut case.steps {
        if let Step::ForgetUser { user_name, sub, .. } = step
            && *sub == bob.sub
        {
            *user_name = again.sub.as_ref().parse().unwrap();
        }
    }
    assert_eq!(pool.treat(&mut case).await, Fixed::Again);
    assert!(pool.is_there(&again).await && pool.is_there(&mia).await);
}

#[tokio::test]
async fn a_user_who_came_too_late_for_the_plan_is_not_deleted() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    pool.signs_up("bob").await;
    let mut case = pool.case("USERS_UNCONFIRMED").await;
    pool.came(6 * 24);
    let mia = pool.signs_up("mia").await;
    for step in &mut case.steps {
        if let Step::ForgetUser { user_name, sub, .. } = step {
            (*user_name, *sub) = (mia.sub.as_ref().parse().unwrap(), mia.sub.clone());
        }
    }
    assert_eq!(pool.treat(&mut case).await, Fixed::Again);
    assert!(pool.is_there(&mia).await);
}

#[tokio::test]
async fn m7_a_client_that_was_made_here_is_brought_back_in_line_and_no_other() {
    let pool = PoolWorld::new().await;
    let wish = ClientWish {
        pool: client("made").pool,
        name: "made".to_owned(),
        kind: ClientKind::Tenant(pool.acme.id.clone()),
        suppress_account_scope: true,
        secret: false,
        password_flow: false,
        callback_urls: Vec::new(),
        logout_urls: Vec::new(),
        scopes: Vec::new(),
    };
    let made = pool.world.ops.make_client(pool.pools(), &wish).await.unwrap().binding.client;
    assert!(pool.codes().await.is_empty());
    let loose = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"].map(str::to_owned).to_vec();
    let settings = || ClientSettings { explicit_auth_flows: loose.clone(), ..app_settings() };
    for id in [made.id.as_ref(), APP] {
        pool.add_client(id, settings());
    }
    let health = pool.health().await;
    let (mut ours, adopted): (Vec<Case>, Vec<Case>) = health.cases.into_iter().partition(|case| !case.steps.is_empty());
    assert_eq!((ours.len(), adopted.len()), (1, 1));
    assert_eq!(ours[0].finding.target, format!("{}:{}", made.pool, made.id));
    assert!(adopted[0].finding.message.contains("tenantctl tenant policy acme --adopted"), "{:?}", adopted[0]);
    for _ in 0..2 {
        assert_eq!(pool.treat(&mut ours[0]).await, Fixed::Done);
        assert_eq!(pool.health().await.cases, adopted);
    }
}

#[tokio::test]
async fn treating_is_for_operators() {
    let pool = PoolWorld::new().await;
    let olga = pool.member("mia", "owner").await;
    pool.came(8 * 24);
    let bob = pool.signs_up("bob").await;
    let mut case: Case = pool.case("USERS_UNCONFIRMED").await;
    let refused = pool.world.as_member(&olga).treat(pool.pools(), &mut case).await;
    assert_eq!(crate::table::code(refused), "FOR_OPERATORS");
    assert!(pool.is_there(&bob).await);
    assert_ne!(bob, person("bob"));
}

/// A membership as a later version may write one: this version cannot read it.
struct Later(Key);

impl Entity for Later {
    const KIND: &'static str = Membership::KIND;
    const ATTRIBUTES: &'static [&'static str] = &[];

    fn key(&self) -> Key {
        self.0.clone()
    }

    fn revision(&self) -> u64 {
        0
    }

    fn write(&self, _: &mut Writer) {}

    fn read(_: &Item<'_>) -> Result<Self, Broken> {
        unreachable!("nobody reads it")
    }
}

impl PoolWorld {
    async fn holds_what_nobody_can_read_of(&self, person: &Person, tenant: &TenantId) {
        let session = self.world.table.session(None);
        let mut transaction = store::Transaction::new(&session);
        transaction.write((), &Later(Key::membership(person, tenant))).unwrap();
        assert_eq!(session.commit(&transaction).await.unwrap(), store::Commit::Done);
    }
}

#[tokio::test]
async fn one_step_that_cannot_be_done_does_not_keep_the_others_from_it() {
    let pool = PoolWorld::new().await;
    pool.came(8 * 24);
    let (bob, mia) = (pool.signs_up("bob").await, pool.signs_up("mia").await);
    let mut case = pool.case("USERS_UNCONFIRMED").await;
    case.steps.sort_by_key(|step| !step.to_string().contains(bob.sub.as_ref()));
    pool.holds_what_nobody_can_read_of(&bob, &pool.acme.id).await;
    let nobody = TenantId::from_random([9; 16]);
    for _ in 0..2 {
        case.steps.insert(0, Step::AlignClient { client: client(APP), tenant: nobody.clone() });
    }
    assert_eq!(pool.treat(&mut case).await, Fixed::No);
    assert!(pool.is_there(&bob).await && !pool.is_there(&mia).await);
    let message = &case.finding.message;
    assert_eq!(message.matches(&format!("there is no tenant {nobody}")).count(), 1, "{message}");
    assert!(message.contains("`tenantctl doctor` names the item"), "{message}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_nobody_from_looking_at_the_others() {
    let pool = PoolWorld::new().await;
    let umbra = pool.world.tenant("umbra").await;
    let (bob, mia) = (pool.member("bob", "member").await, pool.member("mia", "member").await);
    pool.holds_what_nobody_can_read_of(&bob.person, &umbra.id).await;
    for gone in [&bob, &mia] {
        pool.delete_user(&gone.person).await;
    }
    let health = pool.health().await;
    let mut found: Vec<_> = health.cases.iter().map(|case| (case.finding.target.clone(), case.finding.fix)).collect();
    let mut expected = [(format!("{POOL}:{}", bob.person.sub), Fixed::No), (mia.member.to_string(), Fixed::Possible)];
    found.sort_by_key(|(target, _)| target.clone());
    expected.sort_by_key(|(target, _)| target.clone());
    assert_eq!(found, expected);
}

#[tokio::test]
async fn m1_no_seat_is_freed_where_most_members_are_missing() {
    let pool = PoolWorld::new().await;
    for number in 0..21 {
        let name = format!("gone{number}");
        pool.joins(&pool.acme.id, person(&name), &name, "member").await;
    }
    let health = pool.health().await;
    assert_eq!((health.cases.len(), health.plan().count()), (21, 0));
    for case in &health.cases {
        assert_eq!((case.finding.code, case.finding.fix), ("USER_DELETED", Fixed::No));
        assert!(case.finding.message.contains("check the account"), "{}", case.finding.message);
    }
    for number in 0..20 {
        pool.member(&format!("there{number}"), "member").await;
    }
    let health = pool.health().await;
    assert_eq!((health.members, health.plan().count()), (42, 21), "half of them and no more");
}
