//! App clients that are made, whatever happens on the way.

use aws_sdk_cognitoidentityprovider::types::{OAuthFlowType, PreventUserExistenceErrorTypes};
use domain::{Chain, ClientKind, Mode, Tenant};
use operations::{ClientWish, MadeClient, NewBinding, NewTenant, OperationError, Operations, PolicyChange};

use crate::faults::{At, Fault, Faulty, POOL, client, wish};
use crate::table::{code, now, random, roles};

async fn tenant(world: &Faulty, slug: &str) -> Tenant {
    world.ops.create_tenant(&NewTenant::new(slug.parse().unwrap(), slug)).await.unwrap()
}

/// Exactly one client of this name is in the pool, and it is the one that is bound.
async fn one_is_left(world: &Faulty, name: &str, made: &MadeClient, row: &str) {
    let named: Vec<String> = world
        .clients()
        .await
        .into_iter()
        .filter(|(_, known)| known.starts_with(&format!("{name} tenantry-")))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(named, [made.binding.client.id.to_string()], "{row}");
    let bound = world.ops.client(&made.binding.client).await.unwrap();
    assert_eq!((bound.kind, bound.mode), (made.binding.kind.clone(), Mode::Enforce), "{row}");
}

#[tokio::test]
async fn a_new_client_is_set_up_as_its_policy_asks_for_it_and_bound() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    assert!(made.binding.suppress_account_scope && !made.before && made.secret.is_none());
    let there = world.described(made.binding.client.id.as_ref()).await;
    assert_eq!(world.flows(made.binding.client.id.as_ref()).await, ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]);
    assert_eq!(there.write_attributes(), ["email", "name"], "C1: no custom attribute");
    assert_eq!(there.read_attributes(), ["custom:locale", "email", "email_verified", "name"]);
    assert_eq!((there.access_token_validity(), there.refresh_token_validity()), (Some(15), 30));
    assert_eq!(there.enable_token_revocation(), Some(true));
    assert_eq!(there.prevent_user_existence_errors().map(PreventUserExistenceErrorTypes::as_str), Some("ENABLED"));
    assert_eq!(there.allowed_o_auth_flows_user_pool_client(), Some(false));

    let robot = operations::ClientWish {
        kind: ClientKind::Machine { tenant: acme.id.clone(), roles: roles("billing") },
        scopes: vec!["api/read".to_owned()],
        ..wish("robot", &acme.id)
    };
    let robot = world.ops.make_client(world.pools(), &robot).await.unwrap();
    assert!(robot.secret.is_some());
    let there = world.described(robot.binding.client.id.as_ref()).await;
    assert_eq!(
        there.allowed_o_auth_flows().iter().map(OAuthFlowType::as_str).collect::<Vec<_>>(),
        ["client_credentials"]
    );

    let shared = operations::ClientWish {
        kind: ClientKind::Shared,
        callback_urls: vec!["https://app.example/".to_owned()],
        ..wish("web", &acme.id)
    };
    let shared = world.ops.make_client(world.pools(), &shared).await.unwrap();
    let there = world.described(shared.binding.client.id.as_ref()).await;
    assert_eq!(
        (there.callback_urls(), there.allowed_o_auth_scopes()),
        (&["https://app.example/".to_owned()][..], &["openid".to_owned()][..])
    );
    world.server.shutdown().await;
}

/// A crash: the call is held, and whoever waits for it goes away.
async fn crashes(world: &Faulty, name: &str, tenant: &Tenant, at: At, fault: Fault) -> bool {
    world.faults.set(&[(at, fault)]);
    let wish = wish(name, &tenant.id);
    tokio::select! {
        done = world.ops.make_client(world.pools(), &wish) => { done.unwrap(); false }
        () = world.faults.held.notified() => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_call_is_finished_by_the_same_command() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let mut crashed = 0;
    for fault in [Fault::HoldBefore, Fault::HoldAfter] {
        for nth in 0.. {
            let (name, row) = (format!("web {fault:?} {nth}"), format!("{fault:?} {nth}"));
            let held = crashes(&world, &name, &acme, At::Nth(nth), fault).await;
            world.faults.set(&[]);
            let made = world.ops.make_client(world.pools(), &wish(&name, &acme.id)).await.unwrap();
            one_is_left(&world, &name, &made, &row).await;
            let again = world.ops.make_client(world.pools(), &wish(&name, &acme.id)).await.unwrap();
            assert!(again.before, "{row}");
            // Room for the next: a list has sixty.
            world.ops.delete_client(world.pools(), &made.binding.client).await.unwrap();
            assert_eq!(world.clients().await.len(), 0, "{row}");
            if !held {
                break;
            }
            crashed += 1;
        }
    }
    assert!(crashed > 15, "{crashed} calls were held");
    world.server.shutdown().await;
}

/// Sets the table's policy alone, as somebody does who does not see the client yet.
async fn chain(world: &Faulty, tenant: &Tenant, chain: Chain) {
    let policy = PolicyChange { chain: Some(chain), ..PolicyChange::default() };
    world.ops.set_policy(&tenant.id, &policy).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_became_stricter_after_a_crash_at_any_call_is_kept_by_the_same_command() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    for nth in 0.. {
        let name = format!("web {nth}");
        let held = crashes(&world, &name, &acme, At::Nth(nth), Fault::HoldBefore).await;
        world.faults.set(&[]);
        chain(&world, &acme, Chain::Code).await;
        let made = world.ops.make_client(world.pools(), &wish(&name, &acme.id)).await.unwrap();
        one_is_left(&world, &name, &made, &name).await;
        let flows = world.flows(made.binding.client.id.as_ref()).await;
        assert_eq!(flows, ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], "{name}");
        chain(&world, &acme, Chain::Password).await;
        if !held {
            break;
        }
    }
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_observes_by_now_is_left_as_it_is() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let wish = ClientWish { secret: true, ..wish("web", &acme.id) };
    let made = world.ops.make_client(world.pools(), &wish).await.unwrap();
    assert!(made.secret.is_some() && made.has_secret);
    let client = made.binding.client;
    let before = world.described(client.id.as_ref()).await;
    world.ops.set_client_mode(&client, Mode::Observe).await.unwrap();
    chain(&world, &acme, Chain::Code).await;
    let again = world.ops.make_client(world.pools(), &wish).await.unwrap();
    assert!(again.before && again.secret.is_none() && again.has_secret);
    assert_eq!(world.described(client.id.as_ref()).await, before);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_at_any_call_leaves_one_client() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    world.faults.set(&[]);
    world.ops.make_client(world.pools(), &wish("first", &acme.id)).await.unwrap();
    for nth in 0..world.faults.seen() {
        let (name, row) = (format!("web {nth}"), format!("call {nth}"));
        world.faults.set(&[(At::Nth(nth), Fault::LoseAnswer)]);
        let _ = world.ops.make_client(world.pools(), &wish(&name, &acme.id)).await;
        world.faults.set(&[]);
        let made = world.ops.make_client(world.pools(), &wish(&name, &acme.id)).await.unwrap();
        one_is_left(&world, &name, &made, &row).await;
    }
    // The one that matters, in one run: the SDK sends it again, and the duplicate goes.
    world.faults.set(&[(At::Next("createuserpoolclient"), Fault::LoseAnswer)]);
    let made = world.ops.make_client(world.pools(), &wish("twice", &acme.id)).await.unwrap();
    one_is_left(&world, "twice", &made, "twice").await;
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_runs_at_once_one_client_is_left() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    for round in 0..10 {
        let name = format!("web {round}");
        let wish = wish(&name, &acme.id);
        let run = || {
            let ops = Operations::new(&world.table, world.ops.actor().clone(), now, random);
            let (wish, pools) = (&wish, world.pools());
            async move { ops.make_client(pools, wish).await }
        };
        let (one, two, three) = tokio::join!(run(), run(), run());
        for result in [one, two, three] {
            assert!(matches!(result, Ok(_) | Err(OperationError::Contended)), "{result:?}");
        }
        let made = world.ops.make_client(world.pools(), &wish).await.unwrap();
        one_is_left(&world, &name, &made, &name).await;
    }
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_no_longer_be_finished_is_undone() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let at = At::Next("createuserpoolclient");
    assert!(crashes(&world, "web", &acme, at, Fault::HoldAfter).await);
    assert_eq!(world.clients().await.len(), 1);
    world.ops.close_tenant(&acme.id, None).await.unwrap();
    assert_eq!(code(world.ops.make_client(world.pools(), &wish("web", &acme.id)).await), "TENANT_STATE");
    assert_eq!(world.clients().await.len(), 0);
    world.ops.restore_tenant(&acme.id, None).await.unwrap();

    assert!(crashes(&world, "web", &acme, at, Fault::HoldAfter).await);
    assert!(world.ops.give_up_client(world.pools(), &wish("web", &acme.id)).await.unwrap());
    assert!(!world.ops.give_up_client(world.pools(), &wish("web", &acme.id)).await.unwrap());
    assert_eq!(world.clients().await.len(), 0);

    let unknown = operations::ClientWish {
        callback_urls: vec!["https://app.example/".to_owned()],
        scopes: vec!["api/unheard-of".to_owned()],
        ..wish("web", &acme.id)
    };
    assert_eq!(code(world.ops.make_client(world.pools(), &unknown).await), "POOL_REFUSED");
    assert!(!world.ops.give_up_client(world.pools(), &wish("web", &acme.id)).await.unwrap(), "nothing is kept in mind");
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_a_client_is_deleted_is_finished_by_the_same_command_and_nobody_gets_in_meanwhile() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    for fault in [Fault::HoldBefore, Fault::HoldAfter] {
        for nth in 0.. {
            world.faults.set(&[]);
            let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
            world.faults.set(&[(At::Nth(nth), fault)]);
            let crashed = tokio::select! {
                done = world.ops.delete_client(world.pools(), &made.binding.client) => { done.unwrap(); false }
                () = world.faults.held.notified() => true,
            };
            world.faults.set(&[]);
            let bound = world.ops.client(&made.binding.client).await.unwrap();
            let there = world.clients().await.contains_key(made.binding.client.id.as_ref());
            assert!(there || bound.kind == ClientKind::Unbound, "{fault:?} {nth}: the tombstone comes first");
            let again = world.ops.delete_client(world.pools(), &made.binding.client).await;
            // Once everything is done, nothing says any more that it was made here.
            assert!(matches!(again, Ok(_) | Err(OperationError::ClientNotOurs)), "{fault:?} {nth}: {again:?}");
            assert_eq!(world.clients().await.len(), 0, "{fault:?} {nth}");
            if !crashed {
                break;
            }
        }
    }
    assert_eq!(code(world.ops.delete_client(world.pools(), &client("elsewhere")).await), "CLIENT_NOT_OURS");
    assert_eq!(world.ops.client(&client("elsewhere")).await.unwrap_err().code(), "CLIENT_UNKNOWN", "{POOL}");
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_somebody_bound_to_another_tenant_meanwhile_stays_theirs() {
    let world = Faulty::new().await;
    let (acme, umbra) = (tenant(&world, "acme").await, tenant(&world, "umbra").await);
    assert!(crashes(&world, "web", &acme, At::Next("createuserpoolclient"), Fault::HoldAfter).await);
    world.faults.set(&[]);
    let left = client(world.clients().await.keys().next().unwrap());
    world.ops.bind_client(&NewBinding::to_tenant(left.clone(), umbra.id.clone())).await.unwrap();
    let before = world.described(left.id.as_ref()).await;
    assert_eq!(code(world.ops.make_client(world.pools(), &wish("web", &acme.id)).await), "CLIENT_BOUND_ELSEWHERE");
    assert_eq!(world.ops.client(&left).await.unwrap().kind, ClientKind::Tenant(umbra.id));
    assert_eq!(world.described(left.id.as_ref()).await, before);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_was_made_somebody_elses_is_not_told_to_be_done() {
    let world = Faulty::new().await;
    let (acme, umbra) = (tenant(&world, "acme").await, tenant(&world, "umbra").await);
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap().binding.client;
    world.ops.unbind_client(&made).await.unwrap();
    world.ops.bind_client(&NewBinding::to_tenant(made, umbra.id)).await.unwrap();
    assert_eq!(code(world.ops.make_client(world.pools(), &wish("web", &acme.id)).await), "CLIENT_BOUND_ELSEWHERE");
    world.server.shutdown().await;
}

fn an_hour_ago() -> jiff::Timestamp {
    now() - jiff::SignedDuration::from_hours(1)
}

#[tokio::test]
async fn a_client_that_somebody_named_alike_later_is_not_ours_to_delete() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let ops = Operations::new(&world.table, world.ops.actor().clone(), an_hour_ago, random);
    let made = ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    let copy = world.direct.create_user_pool_client().user_pool_id(POOL).client_name(&made.name).send().await.unwrap();
    let copy = copy.user_pool_client.unwrap().client_id.unwrap();
    assert!(world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap().before);
    assert!(world.clients().await.contains_key(&copy));
    world.ops.delete_client(world.pools(), &made.binding.client).await.unwrap();
    assert_eq!(world.clients().await.into_keys().collect::<Vec<_>>(), [copy]);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_run_left_for_another_wish_is_made_anew() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let url = || vec!["https://app.example/".to_owned()];
    let plain = |name: &str| wish(name, &acme.id);
    let wishes = [
        ClientWish { secret: true, ..plain("secret") },
        ClientWish { callback_urls: url(), ..plain("callback") },
        ClientWish { callback_urls: url(), scopes: vec!["api/read".to_owned()], ..plain("scopes") },
    ];
    for wish in wishes {
        let row = wish.name.clone();
        assert!(crashes(&world, &row, &acme, At::Next("createuserpoolclient"), Fault::HoldAfter).await, "{row}");
        world.faults.set(&[]);
        let made = world.ops.make_client(world.pools(), &wish).await.unwrap();
        one_is_left(&world, &row, &made, &row).await;
        assert_eq!(made.secret.is_some(), wish.secret, "{row}");
        let there = world.described(made.binding.client.id.as_ref()).await;
        assert_eq!(there.callback_urls(), wish.callback_urls, "{row}");
        assert_eq!(there.allowed_o_auth_scopes().contains(&"api/read".to_owned()), !wish.scopes.is_empty(), "{row}");
    }
    world.server.shutdown().await;
}

#[tokio::test]
async fn whoever_cannot_go_on_learns_what_clears_it() {
    let world = Faulty::new().await;
    let acme = tenant(&world, "acme").await;
    let made = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap().binding.client;
    let clears = format!("tenantctl client delete {}:{}", made.pool, made.id);
    let refused = world.ops.give_up_client(world.pools(), &wish("web", &acme.id)).await.unwrap_err();
    assert_eq!(refused.code(), "CLIENT_MADE");
    assert!(refused.help().contains(&clears), "{}", refused.help());
    world.direct.delete_user_pool_client().user_pool_id(POOL).client_id(made.id.as_ref()).send().await.unwrap();
    let refused = world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap_err();
    assert_eq!(refused.code(), "CLIENT_GONE");
    assert!(refused.help().contains(&clears), "{}", refused.help());
    world.ops.delete_client(world.pools(), &made).await.unwrap();
    world.ops.make_client(world.pools(), &wish("web", &acme.id)).await.unwrap();
    world.server.shutdown().await;
}
