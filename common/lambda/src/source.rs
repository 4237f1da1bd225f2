//! Why Cognito calls: the trigger sources that the triggers of this house answer.

use std::fmt;

/// A trigger source of pre sign-up, post confirmation, pre token generation or the custom challenge [Customizing user pool workflows with
/// Lambda triggers]. Sources are added over time: whatever is not here is refused as an unsupported event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Somebody signs up by `SignUp` or in managed login.
    PreSignUpSignUp,
    /// An administrator creates a user.
    PreSignUpAdminCreateUser,
    /// Somebody signs in through an external provider for the first time.
    PreSignUpExternalProvider,
    /// A sign-up was confirmed, by its owner or by an administrator.
    PostConfirmationConfirmSignUp,
    /// A forgotten password was replaced. Must never grant anything.
    PostConfirmationConfirmForgotPassword,
    /// Sign-in through managed login, federation included.
    TokenGenerationHostedAuth,
    /// Sign-in through the API, and `GetTokensFromRefreshToken`: never infer which of them.
    TokenGenerationAuthentication,
    /// Sign-in that replaced an administrator's temporary password.
    TokenGenerationNewPasswordChallenge,
    /// A machine's client-credentials grant (V3 alone).
    TokenGenerationClientCredentials,
    /// Sign-in with a remembered device.
    TokenGenerationAuthenticateDevice,
    /// `InitiateAuth` with a refresh token.
    TokenGenerationRefreshTokens,
    /// Which challenge comes next?
    DefineAuthChallenge,
    /// Make a challenge.
    CreateAuthChallenge,
    /// Look at the answer to a challenge.
    VerifyAuthChallengeResponse,
}

impl Source {
    /// Every source, in the order of the triggers.
    pub const ALL: [Self; 14] = [
        Self::PreSignUpSignUp,
        Self::PreSignUpAdminCreateUser,
        Self::PreSignUpExternalProvider,
        Self::PostConfirmationConfirmSignUp,
        Self::PostConfirmationConfirmForgotPassword,
        Self::TokenGenerationHostedAuth,
        Self::TokenGenerationAuthentication,
        Self::TokenGenerationNewPasswordChallenge,
        Self::TokenGenerationClientCredentials,
        Self::TokenGenerationAuthenticateDevice,
        Self::TokenGenerationRefreshTokens,
        Self::DefineAuthChallenge,
        Self::CreateAuthChallenge,
        Self::VerifyAuthChallengeResponse,
    ];

    /// The source of this name, if it is one that we know; names are case-sensitive.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// Cognito's name for it, as in `triggerSource`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreSignUpSignUp => "PreSignUp_SignUp",
            Self::PreSignUpAdminCreateUser => "PreSignUp_AdminCreateUser",
            Self::PreSignUpExternalProvider => "PreSignUp_ExternalProvider",
            Self::PostConfirmationConfirmSignUp => "PostConfirmation_ConfirmSignUp",
            Self::PostConfirmationConfirmForgotPassword => "PostConfirmation_ConfirmForgotPassword",
            Self::TokenGenerationHostedAuth => "TokenGeneration_HostedAuth",
            Self::TokenGenerationAuthentication => "TokenGeneration_Authentication",
            Self::TokenGenerationNewPasswordChallenge => "TokenGeneration_NewPasswordChallenge",
            Self::TokenGenerationClientCredentials => "TokenGeneration_ClientCredentials",
            Self::TokenGenerationAuthenticateDevice => "TokenGeneration_AuthenticateDevice",
            Self::TokenGenerationRefreshTokens => "TokenGeneration_RefreshTokens",
            Self::DefineAuthChallenge => "DefineAuthChallenge_Authentication",
            Self::CreateAuthChallenge => "CreateAuthChallenge_Authentication",
            Self::VerifyAuthChallengeResponse => "VerifyAuthChallengeResponse_Authentication",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_read_back_from_its_name() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
    }

    #[test]
    fn other_names_are_no_source() {
        for name in ["", "TokenGeneration_", "tokengeneration_authentication", "TokenGeneration_Authentication ", "X_Y"]
        {
            assert_eq!(Source::parse(name), None, "{name}");
        }
    }
}
