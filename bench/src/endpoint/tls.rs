//! A certificate authority of this run alone, and what it vouches for: the endpoint at 127.0.0.1.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The authority. Its keys are forgotten as soon as it has signed.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    /// Its root, as PEM, which the functions are told to believe.
    pub(crate) root: String,
    pub(crate) server: Arc<ServerConfig>,
}

impl Authority {
    /// A root, an intermediate and a leaf, as Amazon's endpoints have them: whoever connects verifies as many signatures.
    pub(crate) fn new() -> Result<Self, String> {
        sign().map_err(|error| format!("the certificates of this run could not be made: {error}"))
    }
}

fn sign() -> Result<Authority, Box<dyn std::error::Error + Send + Sync>> {
    let root = CertifiedIssuer::self_signed(authority("the bench's root", 1)?, KeyPair::generate()?)?;
    let between = CertifiedIssuer::signed_by(authority("the bench's intermediate", 0)?, KeyPair::generate()?, &root)?;
    let mut leaf = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, "the bench's endpoint");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let leaf = leaf.signed_by(&key, &between)?;
    let chain = vec![leaf.der().clone(), between.as_ref().der().clone()];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Authority { root: root.as_ref().pem(), server: Arc::new(server) })
}

fn authority(name: &str, below: u8) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Python's strict verification wants it.
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
