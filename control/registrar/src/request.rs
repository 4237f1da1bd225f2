//! What CloudFormation sends [CloudFormation custom resource request and response reference].

use serde_json::{Map, Value};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The resource is new in the template.
    Create,
    /// Its properties changed, or a change is rolled back.
    Update,
    /// It left the template, was replaced, or its creation failed.
    Delete,
}

impl Verb {
    /// CloudFormation's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }
}

/// Whom to answer, and what has to come back as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Whoever knows it can answer in our name: it is never logged.
    pub response_url: String,
    /// The stack's ARN.
    pub stack: String,
    /// The request's id.
    pub request: String,
    /// The resource's name in the template.
    pub logical: String,
    /// What we called the resource before; not at a creation.
    pub physical: Option<String>,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").field("stack", &self.stack).field("logical", &self.logical).finish_non_exhaustive()
    }
}

impl Envelope {
    /// Reads what an answer needs; `None`: nobody can be answered.
    pub fn read(event: &Value) -> Option<Self> {
        let text = |name| event.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            response_url: text("ResponseURL")?,
            stack: text("StackId")?,
            request: text("RequestId")?,
            logical: text("LogicalResourceId")?,
            physical: text("PhysicalResourceId"),
        })
    }

    /// Who holds what this request makes: the stack and the name in its template. A stack that is deleted and made again is another one.
    pub fn holder(&self) -> String {
        format!("{} {}", self.stack, self.logical)
    }
}

/// Whether two holders are the same place of the same template: stacks of the same name, Region and account, perhaps one after the other.
pub fn is_same_place(one: &str, other: &str) -> bool {
    // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID LOGICAL
    let place = |holder: &str| -> Option<(String, String)> {
        let (stack, logical) = holder.rsplit_once(' ')?;
        let (named, _) = stack.rsplit_once('/')?;
        named.contains(":stack/").then(|| (named.to_owned(), logical.to_owned()))
    };
    place(one).is_some_and(|place_of_one| place(other) == Some(place_of_one))
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whom to answer.
    pub envelope: Envelope,
    /// What is asked for.
    pub verb: Verb,
    /// The type in the template.
    pub kind: String,
    /// The properties, as the template has them.
    pub properties: Map<String, Value>,
    /// What they were; at an update alone.
    pub before: Map<String, Value>,
}

impl Request {
    /// Reads the rest; `None`: it is not what CloudFormation sends.
    pub fn read(event: &Value, envelope: Envelope) -> Option<Self> {
        let verb = match event.get("RequestType")?.as_str()? {
            "Create" => Verb::Create,
            "Update" => Verb::Update,
            "Delete" => Verb::Delete,
            _ => return None,
        };
        let map = |name| event.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        Some(Self {
            verb,
            kind: event.get("ResourceType")?.as_str()?.to_owned(),
            properties: map("ResourceProperties"),
            before: map("OldResourceProperties"),
            envelope,
        })
    }

    /// What we called the resource before.
    pub fn physical(&self) -> Option<&str> {
        self.envelope.physical.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_made_again_under_its_name_is_the_same_place() {
        let holder = |stack: &str, logical: &str| {
            format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack} {logical}")
        };
        assert!(is_same_place(&holder("app/1", "Acme"), &holder("app/2", "Acme")));
        assert!(!is_same_place(&holder("app/1", "Acme"), &holder("app/2", "Globex")));
        assert!(!is_same_place(&holder("app/1", "Acme"), &holder("other/1", "Acme")));
        assert!(!is_same_place("olga", "olga"));
        assert!(!is_same_place("a/b c", "a/d c"));
    }
}
