//! The form of a failure in which Cognito passes it on: `PreSignUp failed with error SENTENCE (CODE).`
//!
//! Cognito writes the text behind `… failed with error ` and puts a full stop after it. So the code comes last, in
//! parentheses: a person reads the sentence, a front end finds the code with `/\(([A-Z_]+)\)\.?$/`.

use domain::Refusal;
use lambda_runtime::Diagnostic;

use crate::outcome::Failure;

/// A refusal as Lambda's error.
pub(crate) fn diagnostic(refusal: Refusal) -> Diagnostic {
    Diagnostic { error_type: refusal.code().to_owned(), error_message: refusal.message() }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        diagnostic(failure.refusal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_comes_with_its_code() {
        let refused = Diagnostic::from(Failure::Refused(Refusal::InvitationRequired));
        assert_eq!(refused.error_type, "INVITATION_REQUIRED");
        assert_eq!(
            refused.error_message,
            "You need an invitation to join this workspace. Ask its admin. (INVITATION_REQUIRED)"
        );
    }

    #[test]
    fn a_cause_stays_inside() {
        let broken = Diagnostic::from(Failure::broken("connection to 10.0.0.7 reset"));
        assert_eq!(broken, diagnostic(Refusal::TryAgain));
    }
}
