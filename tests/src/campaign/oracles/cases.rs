//! What has to look alike: groups of cases, each from the promise in the READMEs of the triggers.

use std::pin::Pin;

use domain::{BarReason, Chain, ClientKind, Invitation, InvitationState, Inviter, Membership, TenantStatus};
use serde_json::Value;

use crate::event::identities;
use crate::nouns::{client, email, invitation, member, now, person, roles, tenant_id, token};
use crate::{Event, World};

type Ground = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
type Own = Box<dyn for<'a> Fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>>;
/// An event, which may go on with what the last challenge kept.
pub(super) type Step = Box<dyn Fn(&Value) -> Event + Send + Sync>;

/// Cases that have to look alike.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// What is there for all of them.
    pub(super) ground: Ground,
    /// What a warm function was asked before, about somebody else.
    pub(super) warm: fn() -> Vec<Event>,
    pub(super) cases: Vec<Case>,
}

/// One of them.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What is there for it alone.
    pub(super) ground: Own,
    pub(super) steps: Vec<Step>,
}

const ANN: &str = "ann@acme.example";
/// Shown as Ann is, and nobody's.
const AMY: &str = "amy@acme.example";
const BEN: &str = "ben@partner.example";

fn step(event: Event) -> Step {
    Box::new(move |_| event.clone())
}

fn nothing(_: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {})
}

fn case(name: &'static str, steps: Vec<Step>) -> Case {
    Case { name, ground: Box::new(nothing), steps }
}

/// All of them.
pub(super) fn groups() -> Vec<Group> {
    vec![
        challenge("who exists, where a code is asked for", code_ground, &[]),
        challenge("who exists, before a password is proven", both_ground, &[]),
        passwords(),
        sign_ups("an invitation, at a tenant's client", "acme"),
        sign_ups("an invitation, at a shared client", "portal"),
        unproven(),
    ]
}

fn code_ground(world: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {
        world.with("acme").await.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
        world.with_member(&member("ann", "acme")).await;
    })
}

fn both_ground(world: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {
        world.with("acme").await;
        world
            .tenant("acme", |acme| acme.policy.chain = Chain::PasswordAndCode { of: Some(roles(&["owner", "admin"])) })
            .await;
        world.with_member(&member("ann", "acme")).await;
    })
}

fn somebody_else() -> Vec<Event> {
    let (name, address) = ("zed", "zed@acme.example");
    vec![Event::define("acme", name, address, &[]), Event::create("acme", name, address, &[])]
}

type Change = fn(Event) -> Event;

/// Whom no code can go to, beside somebody to whom one goes.
const PEOPLE: &[(&str, &str, Change)] = &[
    ("known", "ann", |event| event),
    ("known, and no member", "bea", |event| event),
    ("unknown", "ann", |event| event.of_nobody(AMY)),
    ("unknown, by a name that Cognito made up", "ann", |event| event.of_nobody("03670b97-8dee-3875-a1b2-000000000000")),
    ("unverified", "ann", |event| event.attribute("email_verified", "false")),
    ("linked", "ann", |event| event.attribute("identities", identities(&[("okta", "1")]))),
    ("federated", "ann", |event| event.attribute("cognito:user_status", "EXTERNAL_PROVIDER")),
    ("whose address we do not take", "ann", |event| event.attribute("email", "ann@\u{e4}cme.example")),
];

/// A sign-in: what comes first, a code, the same once more, a wrong answer, what comes then.
fn challenge(name: &'static str, ground: Ground, start: &'static [(&str, bool)]) -> Group {
    let cases = PEOPLE.iter().map(|(who, name, change)| {
        let (name, change) = (*name, *change);
        let after: Vec<(&str, bool)> = start.iter().copied().chain([("CUSTOM_CHALLENGE", false)]).collect();
        let mut steps = vec![step(change(Event::define("acme", name, ANN, start)))];
        if start.is_empty() {
            steps.push(step(change(Event::create("acme", name, ANN, start))));
            steps.push(step(change(Event::create("acme", name, ANN, start))));
            steps.push(Box::new(move |kept| change(Event::verify("acme", name, ANN, kept, "00000000"))));
            steps.push(step(change(Event::define("acme", name, ANN, &after))));
            steps.push(step(change(Event::create("acme", name, ANN, &after))));
            for _ in 0..6 {
                steps.push(Box::new(move |kept| change(Event::verify("acme", name, ANN, kept, "00000000"))));
            }
            steps.push(step(change(Event::create("acme", name, ANN, &after))));
        }
        case(who, steps)
    });
    Group { name, ground, warm: somebody_else, cases: cases.collect() }
}

/// With a password and a code, a stranger comes no further than the password: who is asked for it looks like who is not.
fn passwords() -> Group {
    let cases = PEOPLE.iter().map(|(who, name, change)| {
        let steps = [&[][..], &[("SRP_A", true)], &[("SRP_A", true), ("PASSWORD_VERIFIER", false)]];
        case(who, steps.into_iter().map(|session| step(change(Event::define("acme", name, ANN, session)))).collect())
    });
    Group {
        name: "who exists, while a password is proven",
        ground: both_ground,
        warm: somebody_else,
        cases: cases.collect(),
    }
}

type Wrong = fn(&mut Invitation);

/// Every way in which an invitation is not good, and no invitation at all.
const INVITATIONS: &[(&str, Option<Wrong>)] = &[
    ("unknown", None),
    ("expired", Some(|one| one.terms.expires = now())),
    ("used", Some(|one| one.state = InvitationState::Accepted { by: person("cat"), at: now() })),
    ("revoked", Some(|one| one.state = InvitationState::Revoked { at: now() })),
    ("somebody else's", Some(|one| one.address = email("other@partner.example"))),
    (
        "somebody else's, of a member's making",
        Some(|one| {
            one.address = email("other@partner.example");
            one.terms.inviter = Inviter::Member(person("cat"));
        }),
    ),
    (
        "somebody else's, of a tenant that there is not",
        Some(|one| {
            one.address = email("other@partner.example");
            one.tenant = tenant_id("nobody");
        }),
    ),
    (
        "somebody else's, of a suspended tenant",
        Some(|one| {
            one.address = email("other@partner.example");
            one.tenant = tenant_id("hooli");
        }),
    ),
    (
        "foreign, and somebody else's",
        Some(|one| {
            one.address = email("other@partner.example");
            one.tenant = tenant_id("globex");
        }),
    ),
];

/// At a tenant's own client another tenant's invitation is as bad, whoever it is for.
const FOREIGN: &[(&str, Option<Wrong>)] = &[
    ("foreign", Some(|one| one.tenant = tenant_id("globex"))),
    ("foreign, of a suspended tenant", Some(|one| one.tenant = tenant_id("hooli"))),
    ("foreign, of a tenant that there is not", Some(|one| one.tenant = tenant_id("nobody"))),
];

fn three_tenants(world: &World) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async {
        world.with("acme").await.with("globex").await.with("hooli").await;
        world.tenant("hooli", |hooli| hooli.status = TenantStatus::Suspended).await;
        world.put(&client("portal", ClientKind::Shared)).await;
        world.with_member(&member("cat", "acme")).await;
    })
}

fn sign_ups(name: &'static str, app: &'static str) -> Group {
    let foreign = if app == "acme" { FOREIGN } else { &[] };
    let cases = INVITATIONS.iter().chain(foreign).map(|(what, wrong)| {
        let wrong = *wrong;
        let sign_up = move |secret: &str| Event::sign_up(app, "ben", BEN).metadata(pre_sign_up::INVITATION, secret);
        let presented = sign_up(token(7).reveal().as_ref());
        let aside = Event::sign_up(app, "ben", BEN)
            .with("/request/validationData", serde_json::json!({ "invitation": token(7).reveal() }));
        Case {
            name: what,
            ground: Box::new(move |world| {
                Box::pin(async move {
                    if let Some(wrong) = wrong {
                        let mut one = invitation(7, "acme", BEN);
                        wrong(&mut one);
                        world.put(&one).await;
                    }
                })
            }),
            steps: vec![step(presented), step(aside)],
        }
    });
    Group {
        name,
        ground: three_tenants,
        warm: || vec![Event::sign_up("acme", "zed", BEN), Event::sign_up("portal", "zed", BEN)],
        cases: cases.collect(),
    }
}

/// What a tenant knows of an address is told to nobody who has not proven it.
fn unproven() -> Group {
    type Known = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
    let known: [(&str, Known); 6] = [
        ("nothing is known of it", nothing),
        ("invited", |world| {
            Box::pin(async {
                world.with_invitation(&invitation(7, "acme", BEN)).await;
            })
        }),
        ("invited, and the invitation expired", |world| {
            Box::pin(async {
                let mut one = invitation(7, "acme", BEN);
                one.terms.expires = now();
                world.with_invitation(&one).await;
            })
        }),
        ("a removed member's", |world| {
            Box::pin(async {
                world.bar("acme", BEN, BarReason::Removed).await;
            })
        }),
        ("a suspended member's", |world| {
            Box::pin(async {
                world.bar("acme", BEN, BarReason::Suspended).await;
            })
        }),
        ("a member's", |world| {
            Box::pin(async {
                world.with_member(&Membership { address: Some(email(BEN)), ..member("cid", "acme") }).await;
            })
        }),
    ];
    let cases = known.into_iter().map(|(name, known)| Case {
        name,
        ground: Box::new(known),
        steps: ["acme", "portal"]
            .into_iter()
            .flat_map(|app| {
                let hinted = Event::token(app, "mal", BEN).metadata("tenant_id", tenant_id("acme").as_ref());
                [
                    Event::token(app, "mal", BEN),
                    Event::refresh(app, "mal", BEN),
                    hinted,
                    Event::confirmed(app, "mal", BEN),
                ]
            })
            .map(|event| step(event.attribute("email_verified", "false")))
            .collect(),
    });
    let warm =
        || vec![Event::token("acme", "cat", "cat@acme.example"), Event::token("portal", "cat", "cat@acme.example")];
    Group {
        name: "who is invited or a member, to whom the mailbox is not",
        ground: three_tenants,
        warm,
        cases: cases.collect(),
    }
}
