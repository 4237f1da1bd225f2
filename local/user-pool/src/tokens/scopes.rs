//! Which of a user's attributes the OpenID scopes open, in ID tokens and at the userInfo endpoint (Amazon Cognito, "The user
//! attributes endpoint").

/// What `profile` opens, beside custom attributes.
const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

/// `openid` alone opens everything; beside `profile`, `email` or `phone` it opens `sub`, and they what is theirs.
pub(crate) fn open(scopes: &[String], attribute: &str) -> bool {
    let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
    let everything = !["profile", "email", "phone"].into_iter().any(has);
    match attribute {
        "sub" => true,
        "email" | "email_verified" => everything || has("email"),
        "phone_number" | "phone_number_verified" => everything || has("phone"),
        name if name.starts_with("custom:") || PROFILE.contains(&name) => everything || has("profile"),
        _ => everything,
    }
}
