//! Reading a pool, its functions and the table, and saying what attaching would do. Changes nothing.

use std::collections::BTreeSet;

use domain::{Binding, Client, ClientKind, Mode, Pool};
use pool::attach::{self, Allowed, Asked, FunctionArn, PoolSettings, Slots, Snippets, Standing, Wanted};
use pool::survey::{self, PoolFacts, PreTokenVersion, Trigger};
use store::Key;

use super::{
    Adopting, AttachError, AttachPlan, AttachWish, ClientsPlan, FunctionState, Obstacle, SlotPlan, SlotState, Writers,
};
use crate::doctor::judge_addresses;
use crate::{Operations, PoolHealth};

/// App clients that are named one by one.
const NAMED: usize = 20;

impl Operations {
    /// What attaching would do. `seen` is told how many users were read. For operators.
    pub async fn plan_attach(
        &self,
        aws: Adopting<'_>,
        wish: &AttachWish,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<AttachPlan, AttachError> {
        self.operators_only()?;
        let Some(facts) = survey::pool_facts(aws.cognito, &wish.pool).await? else {
            return Err(AttachError::NoPool(wish.pool.to_string()));
        };
        let settings = attach::read(aws.cognito, &wish.pool).await?;
        let known = self.read_pool(&wish.pool).await?;
        let before = settings.slots();
        let version = version(wish, &settings, &before);
        let mut slots = Vec::new();
        for trigger in Trigger::OURS {
            slots.push(slot(aws, wish, &settings, &before, trigger, version).await);
        }
        let mut target = before.clone();
        for slot in slots.iter().filter(|slot| slot.set) {
            target.put(slot.trigger, &slot.function.to_string(), version);
        }
        let (clients, observed) = self.adopted_clients(aws, &wish.pool, &known).await?;
        let users =
            attach::census(aws.cognito, &wish.pool, &facts.schema, &wish.attributes, wish.reading, seen).await?;
        let writers = Self::writers(aws, wish, &users).await?;
        let mut health = PoolHealth::default();
        judge_addresses(&wish.pool, &facts, &mut health);
        let observe_unbound = begins(&slots) && clients.never_bound > 0 && !known.observe_unbound;
        let mut plan = AttachPlan {
            pool: wish.pool.to_string(),
            name: settings.text("PoolName").unwrap_or_default().to_owned(),
            arn: settings.arn.clone(),
            feature_plan: settings.text("UserPoolTier").unwrap_or("unknown").to_owned(),
            event_version: version.word(),
            snippets: Snippets::default(),
            slots,
            kept: before.others(),
            clients,
            observes_unbound: known.observe_unbound,
            observe_unbound,
            findings: health.cases,
            users,
            writers,
            notes: Vec::new(),
            obstacles: Vec::new(),
            settings,
            target,
            version,
            observed,
            dedicated: known.dedicated_to.is_some(),
        };
        plan.notes = notes(&plan, wish, &facts);
        plan.obstacles = obstacles(&plan, wish);
        plan.snippets = snippets(&plan, wish);
        Ok(plan)
    }

    pub(super) async fn adopted_clients(
        &self,
        aws: Adopting<'_>,
        pool: &domain::PoolId,
        known: &Pool,
    ) -> Result<(ClientsPlan, Option<domain::ClientId>), AttachError> {
        let mut clients = ClientsPlan::default();
        let mut observed = None;
        for id in survey::client_ids(aws.cognito, pool).await? {
            clients.all += 1;
            let client = Client { pool: pool.clone(), id };
            let own: Option<Binding> =
                self.session.get(&Key::binding(&client)).await.map_err(crate::OperationError::from)?;
            // A dedicated pool's clients need no binding, and enforce.
            let default = || Pool { observe_unbound: false, ..known.clone() }.default_binding(&client);
            match own.or_else(default) {
                None => clients.never_bound += 1,
                Some(Binding { kind: ClientKind::Unbound, .. }) => clients.denied.push(client.id.to_string()),
                Some(Binding { mode: Mode::Observe, .. }) => {
                    clients.observed += 1;
                    observed.get_or_insert(client.id);
                }
                Some(_) => clients.enforced.push(client.id.to_string()),
            }
        }
        Ok((clients, observed))
    }

    async fn writers(
        aws: Adopting<'_>,
        wish: &AttachWish,
        users: &attach::Census,
    ) -> Result<Vec<Writers>, AttachError> {
        let mut all: Vec<Writers> = Vec::new();
        if users.attributes.is_empty() {
            return Ok(all);
        }
        for id in survey::client_ids(aws.cognito, &wish.pool).await? {
            let Some(found) = survey::described(aws.cognito, &wish.pool, &id).await? else { continue };
            let writable = found.client.write_attributes;
            for attribute in users.attributes.iter().map(|one| &one.name) {
                // Without a list a client may write everything: the API's reference says so of standard attributes, the console of all.
                if !writable.is_empty() && !writable.contains(attribute) {
                    continue;
                }
                match all.iter_mut().find(|one| one.attribute == *attribute) {
                    Some(known) if known.clients.len() < NAMED => known.clients.push(id.to_string()),
                    Some(_) => {}
                    None => {
                        all.push(Writers { attribute: attribute.clone(), clients: vec![id.to_string()] });
                    }
                }
            }
        }
        Ok(all)
    }
}

/// What pre token generation is told: what was said; what our function there is told already; else the most that the plan has for people.
fn version(wish: &AttachWish, settings: &PoolSettings, before: &Slots) -> PreTokenVersion {
    let lite = settings.text("UserPoolTier") == Some("LITE");
    let ours = wish.functions.of(Trigger::PreTokenGeneration, settings);
    let there = before.occupant(Trigger::PreTokenGeneration).filter(|occupant| ours.is_of(&occupant.arn));
    let usual = if lite { PreTokenVersion::V1 } else { PreTokenVersion::V2 };
    wish.version.or_else(|| there.and_then(|occupant| occupant.version)).unwrap_or(usual)
}

/// Whether a client's binding begins to count: a slot that decides who gets in becomes ours. Where we decide on tokens already, whoever was
/// never bound passes or is denied as somebody decided, and what is set besides changes nothing of that.
pub(super) fn begins(slots: &[SlotPlan]) -> bool {
    let decides = |slot: &SlotPlan| matches!(slot.trigger, Trigger::PreSignUp | Trigger::PreTokenGeneration);
    !tokens_are_ours(slots) && slots.iter().any(|slot| slot.set && slot.slot_state == SlotState::Free && decides(slot))
}

fn tokens_are_ours(slots: &[SlotPlan]) -> bool {
    let ours = |slot: &SlotPlan| matches!(slot.slot_state, SlotState::Ours | SlotState::OursOtherwise);
    slots.iter().any(|slot| slot.trigger == Trigger::PreTokenGeneration && ours(slot))
}

async fn slot(
    aws: Adopting<'_>,
    wish: &AttachWish,
    settings: &PoolSettings,
    before: &Slots,
    trigger: Trigger,
    version: PreTokenVersion,
) -> SlotPlan {
    let function = wish.functions.of(trigger, settings);
    let occupant = before.occupant(trigger);
    let slot_state = match &occupant {
        None => SlotState::Free,
        Some(there) if there.arn == function.to_string() => {
            let told = there.version.is_none_or(|told| told == version);
            if told { SlotState::Ours } else { SlotState::OursOtherwise }
        }
        Some(there) if function.is_of(&there.arn) => SlotState::OursOtherwise,
        Some(_) => SlotState::Occupied,
    };
    let wanted = wish.only.is_empty() || wish.only.contains(&trigger);
    let (function_state, permission, ours_in_policy) = look(aws, settings, &function).await;
    SlotPlan {
        slot: trigger.slot(),
        trigger,
        slot_state,
        event_version: occupant.as_ref().and_then(|there| there.version).map(PreTokenVersion::word),
        legacy: occupant.as_ref().is_some_and(|there| there.legacy),
        occupant: occupant.map(|there| there.arn),
        function,
        set: wanted && matches!(slot_state, SlotState::Free | SlotState::OursOtherwise),
        // Also where the slot is set already: an earlier run, or somebody's hand, may have left the permission out.
        permit: wanted && slot_state != SlotState::Occupied && permission == Some(Allowed::No),
        function_state,
        permission,
        ours_in_policy,
    }
}

async fn look(
    aws: Adopting<'_>,
    settings: &PoolSettings,
    function: &FunctionArn,
) -> (FunctionState, Option<Allowed>, bool) {
    if settings.arn.split(':').nth(3) != Some(function.region.as_str()) {
        return (FunctionState::Elsewhere, None, false);
    }
    match attach::standing(aws.lambda, function, settings).await {
        Ok(Standing::Ready(permission)) => (FunctionState::Ready, Some(permission.allowed), permission.ours),
        Ok(Standing::Missing) => (FunctionState::Missing, None, false),
        Ok(Standing::NotReady(why)) => (FunctionState::NotReady(why), None, false),
        // A plan is of use without it.
        Err(error) => (FunctionState::Unknown(error.to_string()), None, false),
    }
}

fn snippets(plan: &AttachPlan, wish: &AttachWish) -> Snippets {
    let ours = |slot: &&SlotPlan| slot.set || slot.slot_state == SlotState::Ours;
    let wanted = |slot: &SlotPlan| Wanted {
        trigger: slot.trigger,
        function: slot.function.clone(),
        replace: slot.ours_in_policy && slot.permission == Some(Allowed::No),
    };
    let wanted: Vec<Wanted> = plan.slots.iter().filter(ours).map(wanted).collect();
    let mut target = plan.target.clone();
    for one in &wanted {
        target.put(one.trigger, &one.function.to_string(), plan.version);
    }
    let in_the_way = plan.obstacles.first().map(|first| format!("{} [{}]", first.message, first.code));
    Snippets::of(Asked {
        pool: &plan.settings,
        wanted: &wanted,
        target: &target,
        version: plan.version,
        prefix: &wish.functions.prefix,
        observe_unbound: plan.observe_unbound,
        tenantctl: &wish.tenantctl,
        look: &wish.look,
        in_the_way: in_the_way.as_deref(),
    })
}

fn notes(plan: &AttachPlan, wish: &AttachWish, facts: &PoolFacts) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.sets() {
        notes.push(
            "from then on sign-ups and sign-ins need these functions and the table: while one of them cannot be had, people are asked to try \
             again, at clients that only observe too. `tenantctl detach` takes the functions out, and needs neither"
                .to_owned(),
        );
    }
    let occupied = plan.slots.iter().any(|slot| slot.slot_state == SlotState::Occupied);
    let pass = plan.observes_unbound || plan.observe_unbound;
    if occupied && plan.clients.never_bound > 0 && !pass && !tokens_are_ours(&plan.slots) {
        notes.push(format!(
            "before a function of yours calls ours (docs/wrap.md): `{} pool observe-unbound {}`, or everybody is refused whose app client was \
             never bound",
            wish.tenantctl, plan.pool
        ));
    }
    for other in &plan.kept {
        let what = match other.slot.as_str() {
            "UserMigration" => "writes whole users, verified addresses among it: memberships rest on what it proves",
            "InboundFederation" => {
                "rewrites what providers say of people, addresses among it: memberships rest on what it proves"
            }
            "PreAuthentication" => "goes on being asked before us, and may refuse people whom we would let in",
            "KMSKeyID" | "CustomEmailSender" | "CustomSMSSender" => {
                "is kept; to write it back, your credentials need kms:CreateGrant on the key"
            }
            _ => continue,
        };
        notes.push(format!("{} {what}", other.slot));
    }
    if plan.settings.update(&Slots::default()).pointer("/SmsConfiguration").is_some() {
        notes.push(
            "the pool sends text messages: to write that back, your credentials need iam:PassRole on its role"
                .to_owned(),
        );
    }
    if plan.feature_plan == "LITE" && plan.version == PreTokenVersion::V1 {
        notes.push(
            "on the Lite plan only version 1 of the token event exists: access tokens say nothing of the tenant"
                .to_owned(),
        );
    }
    if facts.pre_token_version < Some(PreTokenVersion::V3) && plan.version == PreTokenVersion::V3 {
        notes.push("version 3 calls the function for machines, too: a client credentials client that is bound to nobody is refused once it is enforced".to_owned());
    }
    for slot in &plan.slots {
        if slot.permission == Some(Allowed::Loosely) {
            notes.push(format!(
                "{} may be called by the pool through a statement that does not name both pool and account: others may call it, too",
                slot.function.name
            ));
        }
        if slot.function.qualifier.is_none() {
            notes.push(format!("{} is named without an alias: every deployment counts at once", slot.function.name));
        }
    }
    if !plan.settings.knows_factors() {
        notes.push("second factors and passkeys could not be read (cognito-idp:GetUserPoolMfaConfig), so they are not compared afterwards".to_owned());
    }
    let challenges = plan.slots.iter().filter(|slot| slot.trigger.is_challenge());
    let set = challenges.clone().filter(|slot| slot.set || slot.slot_state == SlotState::Ours).count();
    if set > 0 && set < 3 {
        notes.push(
            "the three challenge functions work together alone: with some of them, no tenant can ask for a code"
                .to_owned(),
        );
    }
    if wish.probe && plan.observed.is_none() && !plan.observes_unbound && !plan.observe_unbound {
        notes.push("no client observes, so the functions are not called before the slots are set".to_owned());
    }
    if !plan.users.attributes.is_empty() {
        notes.push(
            "attributes are read once, by `tenantctl member import --from-attribute`; from then on the table alone counts".to_owned(),
        );
    }
    notes
}

/// There is no such function.
pub(super) fn missing(function: &FunctionArn) -> Obstacle {
    Obstacle {
        code: "FUNCTION_MISSING",
        message: format!("there is no function {function}"),
        help: "deploy it, or say what ours are called: --functions-prefix, --alias, --trigger".to_owned(),
    }
}

/// A function cannot run.
pub(super) fn not_ready(function: &FunctionArn, why: &str) -> Obstacle {
    Obstacle {
        code: "FUNCTION_NOT_READY",
        message: format!("{function} cannot run: {why}"),
        help: "see to it, then repeat the command".to_owned(),
    }
}

fn obstacles(plan: &AttachPlan, wish: &AttachWish) -> Vec<Obstacle> {
    let mut all = Vec::new();
    let add = |all: &mut Vec<Obstacle>, code, message: String, help: &str| {
        all.push(Obstacle { code, message, help: help.to_owned() });
    };
    let listed = |names: Vec<String>| names.join(", ");
    if !plan.settings.unknown().is_empty() {
        let message = format!(
            "the pool has settings that this version does not know, and an update could lose them: {}",
            plan.settings.unknown().join(", ")
        );
        add(
            &mut all,
            "POOL_SETTINGS_UNKNOWN",
            message,
            "update tenantctl, or set the slots in the console, which changes them alone",
        );
    }
    let wanted = |slot: &&SlotPlan| wish.only.is_empty() || wish.only.contains(&slot.trigger);
    let occupied: BTreeSet<String> = plan
        .slots
        .iter()
        .filter(wanted)
        .filter(|slot| slot.slot_state == SlotState::Occupied)
        .map(|slot| format!("{} by {}", slot.slot, slot.occupant.as_deref().unwrap_or_default()))
        .collect();
    if !occupied.is_empty() {
        let free: Vec<&str> = plan
            .slots
            .iter()
            .filter(|slot| slot.slot_state != SlotState::Occupied)
            .map(|slot| slot.trigger.name())
            .collect();
        let mut help = "docs/wrap.md has a recipe by which that function calls ours".to_owned();
        if !free.is_empty() {
            help = format!("{help}; --only {} attaches the others", free.join(","));
        }
        let message = format!("slots are occupied: {}", listed(occupied.into_iter().collect()));
        add(&mut all, "SLOTS_OCCUPIED", message, &help);
    }
    for slot in plan.slots.iter().filter(wanted).filter(|slot| slot.slot_state != SlotState::Occupied) {
        let function = &slot.function;
        match &slot.function_state {
            FunctionState::Ready => {}
            FunctionState::Missing => all.push(missing(function)),
            FunctionState::NotReady(why) => all.push(not_ready(function, why)),
            FunctionState::Elsewhere => add(
                &mut all,
                "FUNCTION_ELSEWHERE",
                format!("{function} is in another Region than the pool"),
                "Cognito calls functions of its own Region alone: deploy it there",
            ),
            FunctionState::Unknown(why) => {
                add(
                    &mut all,
                    "FUNCTION_UNKNOWN",
                    why.clone(),
                    "see to the credentials and the network, then repeat the command",
                );
            }
        }
        if slot.permission == Some(Allowed::Denied) {
            let message = format!("a statement in the resource policy of {function} forbids the pool to call it");
            add(&mut all, "FUNCTION_NOT_PERMITTED", message, "remove that statement, then repeat the command");
        }
    }
    let sets = plan.sets();
    if sets && plan.settings.text("UserPoolTier").is_none() {
        add(
            &mut all,
            "POOL_PLAN_UNKNOWN",
            "the pool does not say its feature plan, and an update without it sets Essentials, which has a price"
                .to_owned(),
            "set the slots in the console, which changes them alone",
        );
    }
    if sets && !wish.enforced && !(plan.clients.enforced.is_empty() && plan.clients.denied.is_empty()) {
        let count = plan.clients.enforced.len() + plan.clients.denied.len();
        let names = plan.clients.enforced.iter().chain(&plan.clients.denied).take(NAMED).cloned().collect();
        let message = format!("{count} app clients would refuse people from the first moment: {}", listed(names));
        add(
            &mut all,
            "CLIENTS_ENFORCED",
            message,
            "`tenantctl client observe` first (`client bind --observe` for an unbound one, `pool dedicate --to nobody` for a dedicated \
             pool); or pass --enforced if that is meant",
        );
    }
    all
}
