//! What an operator does about a refusal, before it is enforced.

/// What to do about a code, in words that stand behind a count; nothing for a code that this version does not know.
pub fn advice(code: &str) -> &'static str {
    match code {
        "INVITATION_REQUIRED" => {
            "no route leads these people in: import them (`tenantctl member import`), prove their domain, or invite them"
        }
        "INVITATION_UNUSABLE" => "their invitation expired or was used: invite them anew",
        "MEMBERSHIP_ENDED" => {
            "they were removed, or what their membership rested on is gone: right, or `tenantctl member reinstate`"
        }
        "MEMBERSHIP_SUSPENDED" => "they are suspended: right, or `tenantctl member resume`",
        "APPROVAL_PENDING" => "they wait for an admin: `tenantctl member approve`",
        "APPROVAL_DENIED" => "an admin said no: right, or `tenantctl member approve`",
        "SEATS_FULL" => "no seat is free: `tenantctl tenant policy set --seat-limit`",
        "TENANT_SUSPENDED" => "the tenant is suspended: `tenantctl tenant resume` first",
        "TENANT_CLOSED" => "the tenant is closed: unbind the client",
        "SSO_REQUIRED" => "the policy asks for single sign-on, and they came by password",
        "PROVIDER_NOT_ACCEPTED" => "their identity provider is not bound to this tenant: `tenantctl idp bind`",
        "EMAIL_NOT_VERIFIED" => "their address is not verified: verify it, or import them, which needs no proof",
        "EMAIL_NOT_ACCEPTED" => "they have no address that can be used: import them, or give them another address",
        "LINKED_ACCOUNT" => "other sign-ins are linked to their accounts: `tenantctl member add`, one by one",
        "SIGN_IN_AGAIN" => {
            "the policy asks for a code, which an observed client cannot ask for: they will have to sign in anew"
        }
        "TOO_MANY_CODES" | "SIGN_IN_LOCKED" => "wrong codes: nothing to do, or `tenantctl member unlock`",
        "CLIENT_NOT_BOUND" => "the client is bound to nothing, or to another kind: `tenantctl client bind`",
        "UNSUPPORTED_EVENT" => "this version does not know the event: update the functions",
        "CLAIMS_TOO_LARGE" => "their roles stand for too many permissions: `tenantctl role`",
        "TRY_AGAIN" => "something broke: see the causes in the log before anything is enforced",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_refusal_has_its_advice() {
        for refusal in domain::Refusal::ALL {
            assert!(!super::advice(refusal.code()).is_empty(), "{}", refusal.code());
        }
        assert_eq!(super::advice("NOT_YET_KNOWN"), "");
    }
}
