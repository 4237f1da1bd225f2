//! Sending the answer to where CloudFormation waits for it: a presigned URL of S3, a secret as long as it is good.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use tokio::time::{Instant, sleep, timeout_at};

/// The domains that AWS's partitions have for their services' endpoints.
const PARTITIONS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];
const CONNECT: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(4);
/// The pause before the second attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// What may be sent where.
#[derive(Debug, Clone, Default)]
pub struct Post {
    /// The scheme and authority of the cloud on this machine, if there is one.
    local: Option<String>,
}

impl Post {
    /// `endpoint`: where this process finds AWS, if that is not AWS itself. Then answers may go there and to this machine, in plain text.
    pub fn new(endpoint: Option<&str>) -> Self {
        let local = endpoint.filter(|endpoint| !is_aws(endpoint)).and_then(origin);
        Self { local }
    }

    /// Whether an answer may go there: to S3, or to the cloud on this machine where the process was told of one. Whoever makes up an
    /// event must not make this function send requests into a network.
    pub fn allows(&self, url: &str) -> bool {
        let Some(origin) = origin(url) else { return false };
        if let Some(host) = origin.strip_prefix("https://") {
            return is_s3(host.strip_suffix(":443").unwrap_or(host));
        }
        let Some(local) = &self.local else { return false };
        let host = origin.strip_prefix("http://").unwrap_or_default();
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name);
        origin == *local || matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    }

    /// Sends the answer, again until it arrives or the deadline comes. The error names no address.
    pub async fn put(&self, url: &str, body: &[u8], deadline: Instant) -> Result<(), String> {
        if !self.allows(url) {
            return Err("the address for the answer is not S3's".to_owned());
        }
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(READ).build();
        let connector = store::connect::connector(url, settings).map_err(|_| "no TLS".to_owned())?;
        let mut pause = PAUSE;
        loop {
            let mut request = HttpRequest::new(SdkBody::from(body));
            request.set_method("PUT").map_err(|_| "no request".to_owned())?;
            request.set_uri(url).map_err(|_| "the address for the answer cannot be read".to_owned())?;
            // The URL was signed without a content type, so none is sent.
            request.headers_mut().insert("content-length", body.len().to_string());
            let said = match timeout_at(deadline, connector.call(request)).await {
                Ok(Ok(response)) if response.status().is_success() => return Ok(()),
                Ok(Ok(response)) => format!("the answer was refused with {}", response.status().as_u16()),
                // The words of a connector may quote the address.
                Ok(Err(error)) if error.is_timeout() => "the answer was not taken in time".to_owned(),
                Ok(Err(_)) => "the answer could not be sent".to_owned(),
                Err(_) => return Err("the answer was not taken in time".to_owned()),
            };
            if Instant::now() + pause >= deadline {
                return Err(said);
            }
            sleep(pause).await;
            pause *= 2;
        }
    }
}

/// Scheme and authority in lower case; `None` where there is a user name, or nothing that can be a host.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    if authority.is_empty() || authority.contains(odd) || url.contains(|c: char| c.is_control() || c == '\\') {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    matches!(scheme.as_str(), "http" | "https").then(|| format!("{scheme}://{}", authority.to_ascii_lowercase()))
}

fn is_aws(endpoint: &str) -> bool {
    let Some(origin) = origin(endpoint) else { return true };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    PARTITIONS.iter().any(|partition| host.ends_with(partition))
}

/// Whether a host is S3's: `BUCKET.s3.amazonaws.com`, `BUCKET.s3-REGION.…`, `BUCKET.s3.REGION.…`, with `dualstack`, or without a bucket.
/// Other services' hosts carry names that anybody may choose.
fn is_s3(host: &str) -> bool {
    let Some(labels) = PARTITIONS.iter().find_map(|partition| host.strip_suffix(partition)) else { return false };
    let mut labels: Vec<&str> = labels.split('.').collect();
    if labels.iter().any(|label| label.is_empty()) {
        return false;
    }
    let is_region = |label: &str| label.matches('-').count() >= 2 && label.ends_with(|c: char| c.is_ascii_digit());
    if labels.last().is_some_and(|label| is_region(label) && !label.starts_with("s3-")) {
        labels.pop();
    }
    if labels.last() == Some(&"dualstack") {
        labels.pop();
    }
    labels.last().is_some_and(|label| *label == "s3" || label.strip_prefix("s3-").is_some_and(is_region))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "cloudformation-custom-resource-response-euwest1";

    #[test]
    fn answers_go_to_s3_of_any_partition() {
        let post = Post::new(None);
        for host in [
            format!("{BUCKET}.s3.amazonaws.com"),
            format!("{BUCKET}.s3-eu-west-1.amazonaws.com"),
            format!("{BUCKET}.s3.eu-west-1.amazonaws.com"),
            format!("{BUCKET}.s3.dualstack.eu-west-1.amazonaws.com"),
            format!("{BUCKET}.s3.cn-north-1.amazonaws.com.cn"),
            format!("{BUCKET}.s3-us-gov-west-1.amazonaws.com"),
            format!("{BUCKET}.s3.eusc-de-east-1.amazonaws.eu"),
            "s3.eu-west-1.amazonaws.com:443".to_owned(),
        ] {
            assert!(post.allows(&format!("https://{host}/arn%3Aaws?X-Amz-Signature=1")), "{host}");
        }
    }

    #[test]
    fn answers_go_nowhere_else() {
        for url in [
            "http://b.s3.amazonaws.com/x",
            "https://b.s3.amazonaws.com.evil.example/x",
            "https://evil.example/b.s3.amazonaws.com",
            "https://evil.example#.s3.amazonaws.com",
            "https://evil.example\\.s3.amazonaws.com/x",
            "https://b.s3.amazonaws.com@evil.example/x",
            "https://b.s3.amazonaws.com:8443/x",
            "https://abc.execute-api.eu-west-1.amazonaws.com/x",
            "https://s3.eu-west-1.elb.amazonaws.com/x",
            "https://s3-evil.amazonaws.com/x",
            "https://amazonaws.com/x",
            "https://s3amazonaws.com/x",
            "https://.s3.amazonaws.com/x",
            "https://169.254.169.254/latest/meta-data",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:9001/2018-06-01/runtime",
            "http://localhost/x",
            "file:///etc/passwd",
            "https://",
            "",
        ] {
            assert!(!Post::new(None).allows(url), "{url}");
            assert!(!Post::new(Some("https://dynamodb.eu-west-1.amazonaws.com")).allows(url), "{url}");
        }
    }

    #[test]
    fn a_cloud_on_this_machine_is_answered_on_this_machine() {
        let post = Post::new(Some("http://127.0.0.1:4566"));
        for url in ["http://localhost:4566/x", "http://127.0.0.1:1/x", "http://[::1]:4566/x", "http://localhost/x"] {
            assert!(post.allows(url), "{url}");
        }
        for url in ["http://169.254.169.254/x", "http://127.0.0.1.evil.example/x", "http://127.0.0.1@evil.example/x"] {
            assert!(!post.allows(url), "{url}");
        }
        let other = Post::new(Some("http://cloud.internal:4566/"));
        assert!(other.allows("http://cloud.internal:4566/x") && !other.allows("http://cloud.internal:80/x"));
    }
}
