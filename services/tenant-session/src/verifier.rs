//! Tells the ID tokens of one pool, for some of its app clients and for a tenant, from everything else.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use crate::claims::{Claims, is_attribute};
use crate::keys::{Keys, Missing};
use crate::refusal::TokenRefused;
use crate::tenant::identifies;
use crate::token::{Parts, VerifiedIdToken};

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 10;

/// What STS takes as a web identity token (AWS Security Token Service, `AssumeRoleWithWebIdentity`).
const LONGEST: usize = 20_000;

/// Believes ID tokens of one pool, for these app clients, that name a tenant and carry it as their session tag.
#[derive(Debug)]
pub struct Verifier {
    issuer: String,
    clients: BTreeSet<String>,
    keys: Keys,
    signature: Validation,
    tenant_claim: String,
    member_claim: String,
    untagged: bool,
    time: SharedTimeSource,
}

impl Verifier {
    /// `issuer` is `https://cognito-idp.REGION.amazonaws.com/POOL`; `clients` are the app clients that may call this service.
    pub fn new(issuer: impl Into<String>, clients: impl IntoIterator<Item: Into<String>>, keys: Keys) -> Self {
        // The signature alone is left to the library; what the claims must say is looked at here, by this verifier's clock.
        let mut signature = Validation::new(Algorithm::RS256);
        signature.required_spec_claims.clear();
        signature.validate_exp = false;
        signature.validate_nbf = false;
        signature.validate_aud = false;
        Self {
            issuer: issuer.into(),
            clients: clients.into_iter().map(Into::into).collect(),
            keys,
            signature,
            tenant_claim: "tenant_id".to_owned(),
            member_claim: "member_id".to_owned(),
            untagged: false,
            time: SharedTimeSource::default(),
        }
    }

    /// For a deployment that gave the claims of tenant and member other names. The session tag's name is always `tenant_id`.
    #[must_use]
    pub fn with_claims(mut self, tenant: impl Into<String>, member: impl Into<String>) -> Self {
        self.tenant_claim = tenant.into();
        self.member_claim = member.into();
        self
    }

    /// Believes tokens without a session tag too, for a broker behind a pool whose tokens are of version 1 and cannot carry
    /// one. Web identity refuses them. A tag that is there has to be right all the same, and without one a tenant claim of an
    /// attribute's name (`custom:…`, `profile`, …) is not believed: people may write attributes. Name enforced app clients alone.
    #[must_use]
    pub fn accepting_untagged(mut self) -> Self {
        self.untagged = true;
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn with_time_source(mut self, time: impl TimeSource + 'static) -> Self {
        self.time = SharedTimeSource::new(time);
        self
    }

    /// Believes this token, or says why not.
    pub async fn verify(&self, token: &str) -> Result<VerifiedIdToken, TokenRefused> {
        let claims = self.signed(token).await?;
        if claims.text("iss") != Some(&self.issuer) {
            return Err(TokenRefused::Issuer);
        }
        if claims.text("token_use") != Some("id") {
            return Err(TokenRefused::NotAnIdToken);
        }
        let client = claims.text("aud").filter(|aud| self.clients.contains(*aud)).ok_or(TokenRefused::Audience)?;
        let (issued, expires) = self.lifetime(&claims)?;
        let expires_at = instant(expires).ok_or(TokenRefused::Malformed)?;
        let sub = claims.text("sub").filter(|sub| !sub.is_empty()).ok_or(TokenRefused::Malformed)?;
        let tenant = claims.tenant(&self.tenant_claim)?;
        let tagged = claims.tagged(&tenant)?;
        if !tagged && !self.untagged {
            return Err(TokenRefused::NoTag);
        }
        // At a client that only observes, the event goes back unchanged, and an attribute stands in the token as its person wrote it.
        if !tagged && is_attribute(&self.tenant_claim) {
            return Err(TokenRefused::MaybeAttribute);
        }
        let member = Some(&self.member_claim).filter(|claim| tagged || !is_attribute(claim));
        let member = member.and_then(|claim| claims.text(claim)).filter(|member| identifies(member, "m_"));
        Ok(VerifiedIdToken::new(Parts {
            raw: token.to_owned().into(),
            tenant,
            tagged,
            sub: sub.to_owned(),
            member: member.map(str::to_owned),
            client: client.to_owned(),
            issued,
            expires,
            expires_at,
        }))
    }

    /// The claims, if one of the pool's keys signed them with the one algorithm.
    async fn signed(&self, token: &str) -> Result<Claims, TokenRefused> {
        if token.len() > LONGEST {
            return Err(TokenRefused::Malformed);
        }
        // An algorithm that the library does not know, `none` too, fails to parse: to a caller it is the same matter.
        let header = decode_header(token).map_err(|error| match error.kind() {
            ErrorKind::Json(_) | ErrorKind::InvalidAlgorithmName => TokenRefused::Algorithm,
            _ => TokenRefused::Malformed,
        })?;
        if header.alg != Algorithm::RS256 {
            return Err(TokenRefused::Algorithm);
        }
        let kid = header.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(TokenRefused::UnknownKey)?;
        let key = self.keys.find(kid).await.map_err(|missing| match missing {
            Missing::Unknown => TokenRefused::UnknownKey,
            Missing::Unavailable => TokenRefused::KeysUnavailable,
        })?;
        let decoded = decode::<Claims>(token, &key, &self.signature).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => TokenRefused::Signature,
            _ => TokenRefused::Malformed,
        })?;
        Ok(decoded.claims)
    }

    /// When it was issued and when it expires, if that makes it valid now.
    fn lifetime(&self, claims: &Claims) -> Result<(u64, u64), TokenRefused> {
        let now = self.time.now().duration_since(UNIX_EPOCH).map_err(|_| TokenRefused::NotYetValid)?.as_secs();
        let expires = claims.seconds("exp")?.ok_or(TokenRefused::Malformed)?;
        let issued = claims.seconds("iat")?.ok_or(TokenRefused::Malformed)?;
        let not_before = claims.seconds("nbf")?.unwrap_or(issued).max(issued);
        if now >= expires.saturating_add(LEEWAY) {
            return Err(TokenRefused::Expired);
        }
        if now.saturating_add(LEEWAY) < not_before {
            return Err(TokenRefused::NotYetValid);
        }
        Ok((issued, expires))
    }
}

fn instant(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
