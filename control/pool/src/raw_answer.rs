//! An answer of Cognito's as it came: the SDK drops what it does not know, and an update would lose that.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cognitoidentityprovider::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use serde_json::Value;

/// Given to a call as an interceptor, it keeps the JSON of the answer.
#[derive(Clone, Default)]
pub(crate) struct RawAnswer(Arc<Mutex<Option<Value>>>);

impl RawAnswer {
    /// What was answered; `None`: nothing, or nothing that is JSON.
    pub(crate) fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Without the answer: a client's holds its secret.
impl fmt::Debug for RawAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RawAnswer")
    }
}

impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "raw answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().and_then(|body| serde_json::from_slice(body).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}
