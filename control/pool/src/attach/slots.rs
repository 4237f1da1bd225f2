//! A pool's `LambdaConfig`: our six slots, and everything else in it, which is kept.

use serde_json::{Map, Value, json};

use crate::survey::{PreTokenVersion, Trigger};

/// The functions in a pool's slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots(Map<String, Value>);

/// Who sits in one of our slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// The function's ARN, qualifier included.
    pub arn: String,
    /// Of pre token generation: the version of its event.
    pub version: Option<PreTokenVersion>,
    /// Of pre token generation: only the member of old names it (`PreTokenGeneration` without `PreTokenGenerationConfig`).
    pub legacy: bool,
}

/// A slot that is none of ours, or something else in `LambdaConfig`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OtherSlot {
    /// The member's name.
    pub slot: String,
    /// The function's ARN, or the key's.
    pub arn: String,
}

const PRE_TOKEN: &str = "PreTokenGeneration";
const PRE_TOKEN_CONFIG: &str = "PreTokenGenerationConfig";

impl Trigger {
    /// The slot's name in `LambdaConfig`.
    pub const fn slot(self) -> &'static str {
        match self {
            Self::PreSignUp => "PreSignUp",
            Self::PostConfirmation => "PostConfirmation",
            Self::PreTokenGeneration => PRE_TOKEN,
            Self::DefineAuthChallenge => "DefineAuthChallenge",
            Self::CreateAuthChallenge => "CreateAuthChallenge",
            Self::VerifyAuthChallenge => "VerifyAuthChallengeResponse",
            Self::UserMigration => "UserMigration",
            Self::InboundFederation => "InboundFederation",
        }
    }
}

impl PreTokenVersion {
    /// The API's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::V1 => "V1_0",
            Self::V2 => "V2_0",
            Self::V3 => "V3_0",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "V1_0" => Self::V1,
            "V2_0" => Self::V2,
            _ => Self::V3,
        }
    }
}

impl Slots {
    /// Of a `LambdaConfig`, if there is one.
    pub(super) fn of(config: Option<&Value>) -> Self {
        let mut config = config.and_then(Value::as_object).cloned().unwrap_or_default();
        config.retain(|_, value| !value.is_null() && value != "");
        Self(config)
    }

    /// As `LambdaConfig`.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Who sits in a slot.
    pub fn occupant(&self, trigger: Trigger) -> Option<Occupant> {
        let plain = || self.0.get(trigger.slot())?.as_str();
        if trigger == Trigger::PreTokenGeneration {
            if let Some(config) = self.0.get(PRE_TOKEN_CONFIG) {
                let text = |name| config.get(name).and_then(Value::as_str);
                let version = Some(PreTokenVersion::of(text("LambdaVersion").unwrap_or_default()));
                return Some(Occupant { arn: text("LambdaArn")?.to_owned(), version, legacy: false });
            }
            let version = Some(PreTokenVersion::V1);
            return plain().map(|arn| Occupant { arn: arn.to_owned(), version, legacy: true });
        }
        plain().map(|arn| Occupant { arn: arn.to_owned(), version: None, legacy: false })
    }

    /// Puts a function into a slot; pre token generation is told the version of its event.
    pub fn put(&mut self, trigger: Trigger, arn: &str, version: PreTokenVersion) {
        self.0.insert(trigger.slot().to_owned(), json!(arn));
        if trigger == Trigger::PreTokenGeneration {
            // Both members, and alike: what sets one of them leaves the other pointing elsewhere, which Cognito refuses (API reference,
            // LambdaConfigType).
            let config = json!({ "LambdaVersion": version.word(), "LambdaArn": arn });
            self.0.insert(PRE_TOKEN_CONFIG.to_owned(), config);
        }
    }

    /// Empties a slot.
    pub fn empty(&mut self, trigger: Trigger) {
        self.0.remove(trigger.slot());
        if trigger == Trigger::PreTokenGeneration {
            self.0.remove(PRE_TOKEN_CONFIG);
        }
    }

    /// Everything that is none of ours.
    pub fn others(&self) -> Vec<OtherSlot> {
        let ours = |name: &str| name == PRE_TOKEN_CONFIG || Trigger::OURS.iter().any(|trigger| trigger.slot() == name);
        let arn = |value: &Value| value.as_str().or_else(|| value.get("LambdaArn")?.as_str()).map(str::to_owned);
        let others = self.0.iter().filter(|(name, _)| !ours(name));
        others.filter_map(|(name, value)| Some(OtherSlot { slot: name.clone(), arn: arn(value)? })).collect()
    }

    /// Whether nothing but our slots differs.
    pub fn keeps_others_of(&self, before: &Self) -> bool {
        let strip = |slots: &Self| {
            let mut slots = slots.clone();
            for trigger in Trigger::OURS {
                slots.empty(trigger);
            }
            slots
        };
        strip(self) == strip(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_slots_are_put_and_emptied_and_the_others_stay() {
        let before = Slots::of(Some(&json!({
            "CustomMessage": "arn:m", "KMSKeyID": "arn:k", "PreTokenGeneration": "arn:theirs", "UserMigration": "",
            "CustomEmailSender": { "LambdaVersion": "V1_0", "LambdaArn": "arn:e" },
        })));
        let theirs = before.occupant(Trigger::PreTokenGeneration).unwrap();
        assert_eq!(
            (theirs.arn.as_str(), theirs.version, theirs.legacy),
            ("arn:theirs", Some(PreTokenVersion::V1), true)
        );
        let names: Vec<String> =
            before.others().into_iter().map(|other| format!("{}={}", other.slot, other.arn)).collect();
        assert_eq!(names, ["CustomEmailSender=arn:e", "CustomMessage=arn:m", "KMSKeyID=arn:k"]);
        let mut after = before.clone();
        for trigger in Trigger::OURS {
            after.put(trigger, &format!("arn:{}", trigger.name()), PreTokenVersion::V2);
            assert_eq!(after.occupant(trigger).unwrap().arn, format!("arn:{}", trigger.name()));
        }
        assert_eq!(after.to_json()["PreTokenGeneration"], after.to_json()["PreTokenGenerationConfig"]["LambdaArn"]);
        assert!(after.keeps_others_of(&before));
        for trigger in Trigger::OURS {
            after.empty(trigger);
        }
        let left = json!({ "CustomMessage": "arn:m", "KMSKeyID": "arn:k", "CustomEmailSender": before.to_json()["CustomEmailSender"] });
        assert_eq!(after.to_json(), left);
        assert!(!Slots::default().keeps_others_of(&before));
    }
}
