//! Credentials of one tenant are never another's, in whatever order sessions come, go and expire.

use proptest::prelude::*;
use proptest::test_runner::Config;
use tenant_session::{SessionError, TenantSession, TenantSessions, VerifiedIdToken};

use crate::kit::{ACME, Clock, GLOBEX, ROLE, Service, claims_of, verified};

const INITECH: &str = "t_dddddddddddddddddddddddddd";
const TENANTS: [&str; 3] = [ACME, GLOBEX, INITECH];

/// The same people, for consultants exist, at every tenant, with tokens of the same times.
const PEOPLE: [&str; 2] = ["5d9c7b1e-0000-4000-8000-000000000001", "5d9c7b1e-0000-4000-8000-000000000002"];
const LIVES: [u64; 3] = [300, 1_800, 7_200];

#[derive(Debug, Clone)]
enum Step {
    Open(usize),
    Ask(usize),
    Wait(u16),
    Forget(usize),
    All(Vec<usize>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let token = 0..TENANTS.len() * PEOPLE.len() * LIVES.len();
    let step = prop_oneof![
        4 => token.clone().prop_map(Step::Open),
        4 => (0..100_usize).prop_map(Step::Ask),
        1 => (1..2_000_u16).prop_map(Step::Wait),
        1 => token.clone().prop_map(Step::Forget),
        2 => prop::collection::vec(token, 2..8).prop_map(Step::All),
    ];
    prop::collection::vec(step, 1..40)
}

fn tokens() -> &'static [VerifiedIdToken] {
    static TOKENS: std::sync::OnceLock<Vec<VerifiedIdToken>> = std::sync::OnceLock::new();
    TOKENS.get_or_init(|| {
        runtime().block_on(async {
            let mut tokens = Vec::new();
            for tenant in TENANTS {
                for sub in PEOPLE {
                    for life in LIVES {
                        tokens.push(verified(&Clock::new(), &claims_of(tenant, sub, life)).await);
                    }
                }
            }
            tokens
        })
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The tenant in the credentials is the session's, which is the token's.
async fn holds(session: &TenantSession, of: &VerifiedIdToken, clock: &Clock) -> Result<(), TestCaseError> {
    use aws_smithy_async::time::TimeSource as _;
    prop_assert_eq!(session.tenant_id(), of.tenant_id());
    match session.credentials().await {
        Ok(credentials) => {
            prop_assert_eq!(credentials.secret_access_key(), of.tenant_id().as_str());
            prop_assert!(clock.now() < of.expires_at() && credentials.expiry().unwrap() <= of.expires_at());
        }
        Err(error) => {
            prop_assert_eq!(error, SessionError::TokenExpired);
            prop_assert!(clock.now() >= of.expires_at());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn for_every_two_tenants_neither_is_given_the_others_credentials(
        steps in steps(), most in 0..6_usize, broker: bool,
    ) {
        let tokens = tokens();
        runtime().block_on(async {
            let clock = Clock::new();
            let base = Service::sts(&clock).config(&clock);
            let sessions = if broker { TenantSessions::broker(&base, ROLE) } else { TenantSessions::web_identity(&base, ROLE) };
            let sessions = sessions.unwrap().with_most(most);
            let mut open: Vec<(TenantSession, VerifiedIdToken)> = Vec::new();
            let mut now = 0;
            for step in steps {
                match step {
                    Step::Open(index) => {
                        if let Ok(session) = sessions.open(&tokens[index]).await {
                            open.push((session, tokens[index].clone()));
                        }
                    }
                    Step::Ask(index) if !open.is_empty() => {
                        let (session, of) = &open[index % open.len()];
                        holds(session, of, &clock).await?;
                    }
                    Step::Ask(_) => {}
                    Step::Wait(seconds) => {
                        now += i64::from(seconds);
                        clock.set(now);
                    }
                    Step::Forget(index) => sessions.forget(tokens[index].tenant_id()),
                    Step::All(indices) => {
                        let opening = indices.iter().map(|&index| {
                            let sessions = sessions.clone();
                            (index, tokio::spawn(async move { sessions.open(&tokens[index]).await }))
                        });
                        for (index, opening) in opening.collect::<Vec<_>>() {
                            if let Ok(session) = opening.await.unwrap() {
                                holds(&session, &tokens[index], &clock).await?;
                                open.push((session, tokens[index].clone()));
                            }
                        }
                    }
                }
            }
            for (session, of) in &open {
                holds(session, of, &clock).await?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}
