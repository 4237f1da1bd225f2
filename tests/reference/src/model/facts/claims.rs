//! What a token says.

use std::collections::{BTreeMap, BTreeSet};

use domain::claims::{Fact, NameMap, Shape, Speaker, Value as ClaimValue};
use domain::{Catalogue, RoleGrant, Roles};
use serde_json::{Value, json};

use super::{Check, Dice};
use crate::model::cast::ROLES;
use crate::model::claims::{Grants, Names, Voice, claims, scopes};
use crate::model::nouns::Name;
use crate::nouns;

/// What a token says.
pub(super) fn check_claims(dice: &mut Dice) -> Check {
    const WORDS: [Name; 6] = ["docs:write", "docs:read", "billing:see", "a", "b.c", "orders/read"];
    let mut names = Names::new();
    for fact in Fact::ALL {
        for ending in &["", "_x"][..[1, 1, 1, 0, 2][dice.below(5)]] {
            names.push((fact.name(), format!("{}{ending}", fact.name()), dice.one_in(3)));
        }
    }
    let entries = names.iter().map(|(fact, name, spaced)| {
        let fact = Fact::ALL.into_iter().find(|one| one.name() == *fact).expect("a fact");
        (fact, nouns::parse(name), if *spaced { Shape::Spaced } else { Shape::List })
    });
    let map = NameMap::new(entries.collect()).map_err(|error| error.to_string())?;
    let mut grants = Grants::new();
    let some = |dice: &mut Dice| -> BTreeSet<Name> { (0..dice.below(4)).map(|_| *dice.pick(&WORDS)).collect() };
    for role in ROLES {
        if dice.one_in(2) {
            grants.insert(role, (some(dice), some(dice)));
        }
    }
    let real_grants = grants.iter().map(|(role, (permissions, scopes))| {
        let words = |words: &BTreeSet<Name>| words.iter().map(|&word| word.to_owned()).collect();
        (nouns::parse(role), RoleGrant { permissions: words(permissions), scopes: words(scopes) })
    });
    let catalogue = Catalogue::new(real_grants.collect(), 1).map_err(|error| error.to_string())?;
    let mut roles: BTreeSet<Name> = (0..=dice.below(3)).map(|_| *dice.pick(&ROLES)).collect();
    if dice.one_in(20) {
        roles.extend(LONG);
    }
    let real_roles = Roles::parse(roles.iter().copied()).map_err(|error| error.to_string())?;
    let tenant = nouns::tenant("acme");
    let member = dice.one_in(3).then(|| nouns::member_id("ann"));
    let speaks = !dice.one_in(4);
    let voice = Voice {
        tenant: tenant.id.as_ref(),
        slug: "acme",
        tier: "standard",
        member: member.as_ref().map(AsRef::as_ref),
        roles: &roles,
    };
    let speaker = Speaker { tenant: &tenant, member: member.as_ref(), roles: &real_roles };
    let said = domain::claims::claims(&map, speaks.then_some(speaker), &catalogue);
    let model = claims(&names, speaks.then_some(voice), &grants);
    let same = match (&said, &model) {
        (_, Err(None)) => true,
        (Err(refusal), Err(Some(code))) => refusal.code() == *code,
        (Ok(said), Ok(model)) => {
            let mut all: BTreeMap<String, Option<Value>> = BTreeMap::new();
            for (name, value) in &said.set {
                let value = match value {
                    ClaimValue::Text(text) => json!(text),
                    ClaimValue::List(list) => json!(list),
                };
                all.insert(name.to_string(), Some(value));
            }
            all.extend(said.suppress.iter().map(|name| (name.to_string(), None)));
            all == *model && said.session_tag == speaks.then(|| tenant.id.clone())
        }
        _ => false,
    };
    if !same {
        return Err(format!("claims: Tenantry says {said:?}, the model {model:?}"));
    }
    let requested: BTreeSet<Name> = some(dice);
    let account_scope = dice.one_in(2);
    let listed: Vec<String> = requested.iter().map(|&word| word.to_owned()).collect();
    let said = domain::claims::scopes(&listed, speaks.then_some(&real_roles), &catalogue, account_scope);
    let model = scopes(&requested, speaks.then_some(&roles), &grants, account_scope);
    let (add, take): (BTreeSet<&str>, BTreeSet<&str>) =
        (said.add.iter().map(String::as_str).collect(), said.suppress.iter().map(String::as_str).collect());
    if (&add, &take) != (&model.0, &model.1) {
        return Err(format!("scopes: Tenantry says {said:?}, the model {model:?}, of {requested:?}"));
    }
    Ok(())
}

/// Custom roles of the longest names.
const LONG: [Name; 5] = [
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "cccccccccccccccccccccccccccccccc",
    "dddddddddddddddddddddddddddddddd",
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
];
