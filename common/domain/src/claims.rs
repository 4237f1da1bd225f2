//! What a token says: every mapped name is set or suppressed, so that nothing a user wrote poses as ours.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::id::{Invalid, MemberId, TenantId, text};
use crate::refusal::Refusal;
use crate::role::Roles;
use crate::tenant::Tenant;

/// The claim that STS reads session tags from (IAM user guide, "Pass session tags in AWS STS").
pub const SESSION_TAGS: &str = "https://aws.amazon.com/tags";

/// The scope with which a token may edit its account.
pub const ACCOUNT_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Ours together take at most this many bytes of a token.
pub const MOST_BYTES: usize = 1024;

/// Claims that Cognito sets itself or that say who the person is: no mapping may name them (developer guide, "Pre token generation
/// Lambda trigger").
pub const TAKEN: &[&str] = &[
    "acr",
    "address",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "birthdate",
    "client_id",
    "device_key",
    "email",
    "email_verified",
    "event_id",
    "exp",
    "family_name",
    "gender",
    "given_name",
    "iat",
    "identities",
    "iss",
    "jti",
    "locale",
    "middle_name",
    "name",
    "nbf",
    "nickname",
    "nonce",
    "origin_jti",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "scope",
    "sub",
    "token_use",
    "updated_at",
    "username",
    "version",
    "website",
    "zoneinfo",
    SESSION_TAGS,
];

/// No mapped name begins so: Cognito keeps these for itself.
pub const RESERVED: &[&str] = &["aws:", "cognito:", "dev:"];

/// A claim's name has at most this many bytes.
pub const LONGEST_NAME: usize = 100;

text!(
    /// A claim's name: 1 to 100 printable characters without spaces, and none that Cognito or `OpenID` Connect has taken.
    ClaimName, "claim name", "1 to 100 printable characters, none of Cognito's or OpenID Connect's own claims",
    |t| (1..=LONGEST_NAME).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        && !RESERVED.iter().any(|reserved| t.starts_with(reserved)) && !TAKEN.contains(&t)
);

/// What we can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The tenant's id.
    TenantId,
    /// The tenant's slug.
    TenantSlug,
    /// The tenant's tier.
    TenantTier,
    /// The membership's id.
    MemberId,
    /// The person's roles in the tenant.
    Roles,
    /// What the catalogue says that the roles may do.
    Permissions,
}

impl Fact {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::TenantId, Self::TenantSlug, Self::TenantTier, Self::MemberId, Self::Roles, Self::Permissions];

    /// Its name in the configuration, and its claim unless configured otherwise.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TenantId => "tenant_id",
            Self::TenantSlug => "tenant_slug",
            Self::TenantTier => "tenant_tier",
            Self::MemberId => "member_id",
            Self::Roles => "roles",
            Self::Permissions => "permissions",
        }
    }
}

/// How several values are written. V1 tokens carry strings alone and are always space-separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A JSON array.
    List,
    /// One string.
    Spaced,
}

/// Which fact goes under which name. INVARIANT: the names differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameMap(Vec<(Fact, ClaimName, Shape)>);

impl NameMap {
    /// Refuses two entries of the same name. A fact may have several names, or none.
    pub fn new(entries: Vec<(Fact, ClaimName, Shape)>) -> Result<Self, Invalid> {
        let names: BTreeSet<&ClaimName> = entries.iter().map(|(_, name, _)| name).collect();
        if names.len() == entries.len() {
            Ok(Self(entries))
        } else {
            Err(Invalid { noun: "claim map", rule: "every claim name stands for one fact" })
        }
    }
}

impl Default for NameMap {
    fn default() -> Self {
        let name = |fact: Fact| fact.name().parse().ok().map(|name| (fact, name, Shape::List));
        Self(Fact::ALL.into_iter().filter_map(name).collect())
    }
}

/// As whom a token speaks.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// Of which tenant.
    pub tenant: &'a Tenant,
    /// Whose membership; machines have none.
    pub member: Option<&'a MemberId>,
    /// As what.
    pub roles: &'a Roles,
}

/// A claim's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One string.
    Text(String),
    /// Several.
    List(Vec<String>),
}

/// What becomes of our names in a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// These are set.
    pub set: Vec<(ClaimName, Value)>,
    /// These are suppressed.
    pub suppress: Vec<ClaimName>,
    /// The session tag, in the ID token alone.
    pub session_tag: Option<TenantId>,
}

/// Says who the speaker is under every mapped name, or suppresses it. Without a speaker the token has no tenant.
pub fn claims(names: &NameMap, speaker: Option<Speaker<'_>>, catalogue: &Catalogue) -> Result<Claims, Refusal> {
    let mut claims = Claims { session_tag: speaker.map(|speaker| speaker.tenant.id.clone()), ..Claims::default() };
    let mut bytes = 0;
    for (fact, name, shape) in &names.0 {
        let Some(value) = speaker.and_then(|speaker| say(*fact, *shape, speaker, catalogue)) else {
            claims.suppress.push(name.clone());
            continue;
        };
        bytes += name.as_ref().len() + 6;
        bytes += match &value {
            Value::Text(text) => text.len(),
            Value::List(texts) => texts.iter().map(|text| text.len() + 3).sum(),
        };
        claims.set.push((name.clone(), value));
    }
    // Never a truncation: half of somebody's permissions is another person's token.
    if bytes > MOST_BYTES { Err(Refusal::ClaimsTooLarge) } else { Ok(claims) }
}

fn say(fact: Fact, shape: Shape, speaker: Speaker<'_>, catalogue: &Catalogue) -> Option<Value> {
    let several = |texts: Vec<String>| match shape {
        Shape::List => Value::List(texts),
        Shape::Spaced => Value::Text(texts.join(" ")),
    };
    match fact {
        Fact::TenantId => Some(Value::Text(speaker.tenant.id.to_string())),
        Fact::TenantSlug => Some(Value::Text(speaker.tenant.slug.to_string())),
        Fact::TenantTier => Some(Value::Text(speaker.tenant.tier.to_string())),
        Fact::MemberId => speaker.member.map(|member| Value::Text(member.to_string())),
        Fact::Roles => Some(several(speaker.roles.iter().map(ToString::to_string).collect())),
        Fact::Permissions => {
            let permissions = catalogue.permissions(speaker.roles);
            (!permissions.is_empty()).then(|| several(permissions.into_iter().map(str::to_owned).collect()))
        }
    }
}

/// What becomes of the access token's scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    /// Granted by the roles, where the token does not have them yet.
    pub add: Vec<String>,
    /// Governed by the catalogue and not granted by the roles, or the account scope.
    pub suppress: Vec<String>,
}

/// Grants the scopes of the roles and takes those that only other roles have. `requested` is what the event shows.
pub fn scopes(
    requested: &[String],
    roles: Option<&Roles>,
    catalogue: &Catalogue,
    suppress_account_scope: bool,
) -> Scopes {
    let granted = roles.map(|roles| catalogue.scopes(roles)).unwrap_or_default();
    let mut scopes = Scopes::default();
    for scope in &granted {
        if !requested.iter().any(|has| has == scope) {
            scopes.add.push((*scope).to_owned());
        }
    }
    // Also where the event does not list them: what it lists is not all that a token may carry.
    scopes.suppress = catalogue.all_scopes().filter(|scope| !granted.contains(scope)).map(str::to_owned).collect();
    if suppress_account_scope {
        scopes.suppress.push(ACCOUNT_SCOPE.to_owned());
    }
    scopes
}

/// The groups that replace Cognito's: `<tenant_id>:<role>`.
pub fn groups(speaker: Speaker<'_>) -> Vec<String> {
    speaker.roles.iter().map(|role| format!("{}:{role}", speaker.tenant.id)).collect()
}
