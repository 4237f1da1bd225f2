//! The one list of what every judge shall see on every ground, and the exceptions that are named in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What a judge saw, by expectation.
pub(super) type Seen = BTreeMap<String, Value>;

/// `tests/judges/expectations.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    /// Values that stand behind a word, so that the list can be read.
    words: BTreeMap<String, Value>,
    list: Vec<Expectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    /// Its name, which the judges say.
    of: String,
    /// The judges that look; the two front ends if absent.
    #[serde(default = "front_ends")]
    by: Vec<String>,
    /// What AWS documents together with what Tenantry promises.
    expected: Value,
    /// Where something else is seen.
    #[serde(default)]
    except: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// On this ground; on every one if absent.
    on: Option<String>,
    /// By this judge; by every one if absent.
    by: Option<String>,
    /// What is seen.
    seen: Value,
    /// Why that is no fault of ours.
    because: String,
}

fn front_ends() -> Vec<String> {
    ["amazon-cognito-identity-js", "aws-amplify"].map(str::to_owned).into()
}

impl Exception {
    fn applies(&self, ground: &str, judge: &str) -> bool {
        self.on.as_deref().is_none_or(|on| on == ground) && self.by.as_deref().is_none_or(|by| by == judge)
    }
}

impl Expectations {
    pub(super) fn read() -> Self {
        let path = super::folder().join("expectations.json");
        let this: Self = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for expectation in &this.list {
            for exception in &expectation.except {
                let name = &expectation.of;
                assert!(!exception.because.is_empty(), "{name}: an exception says why");
                assert_ne!(exception.seen, expectation.expected, "{name}: this is no exception");
            }
        }
        this
    }

    fn meaning<'a>(&'a self, value: &'a Value) -> &'a Value {
        value.as_str().and_then(|word| self.words.get(word)).unwrap_or(value)
    }

    /// Sentences about what was seen and not expected, and the other way round.
    pub(super) fn compare(&self, ground: &str, judge: &str, seen: &Seen) -> Vec<String> {
        let mut differences = Vec::new();
        let looked = self.list.iter().filter(|expectation| expectation.by.iter().any(|by| by == judge));
        let mut expected: BTreeMap<_, _> = looked.map(|expectation| (expectation.of.as_str(), expectation)).collect();
        for (of, value) in seen {
            let Some(expectation) = expected.remove(of.as_str()) else {
                differences.push(format!("{judge} on {ground}: {of}: not in the list, seen {value}"));
                continue;
            };
            let exception = expectation.except.iter().find(|exception| exception.applies(ground, judge));
            let wanted = self.meaning(exception.map_or(&expectation.expected, |exception| &exception.seen));
            if value != wanted {
                differences.push(format!("{judge} on {ground}: {of}:\n  expected {wanted}\n  seen     {value}"));
            }
        }
        differences.extend(expected.keys().map(|of| format!("{judge} on {ground}: {of}: not looked at")));
        differences
    }
}

#[test]
fn an_exception_counts_where_it_is_named_and_nowhere_else() {
    let list = r#"{ "words": { "one": 1 }, "list": [
        { "of": "x", "by": ["a", "b"], "expected": "one", "except": [{ "on": "there", "by": "a", "seen": 2, "because": "y" }] }
    ] }"#;
    let list: Expectations = serde_json::from_str(list).unwrap();
    let seen = |value: i64| Seen::from([("x".to_owned(), value.into())]);
    for (ground, judge, value, fine) in [
        ("here", "a", 1, true),
        ("here", "a", 2, false),
        ("there", "a", 2, true),
        ("there", "a", 1, false),
        ("there", "b", 1, true),
        ("there", "b", 2, false),
    ] {
        assert_eq!(list.compare(ground, judge, &seen(value)).is_empty(), fine, "{judge} on {ground}: {value}");
    }
    assert_eq!(list.compare("here", "a", &Seen::new()), ["a on here: x: not looked at"]);
    assert_eq!(list.compare("here", "c", &seen(1)), ["c on here: x: not in the list, seen 1"]);
}
