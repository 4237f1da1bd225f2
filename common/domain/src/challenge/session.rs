//! Define auth challenge's question: this far came the session; what comes next?

use crate::role::Roles;
use crate::tenant::Chain;

/// With this many wrong answers a session ends.
pub const WRONG_ANSWERS: usize = 3;

/// An entry in a session's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What was asked.
    pub name: StepName,
    /// What came of it. Absent is not a yes.
    pub result: Option<bool>,
}

/// What Cognito calls a step (developer guide, "Define Auth challenge Lambda trigger").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepName {
    /// The client began with a password, by SRP.
    SrpA,
    /// The password was looked at.
    PasswordVerifier,
    /// Our code.
    Custom,
    /// A temporary password was replaced.
    NewPasswordRequired,
    /// Cognito's own second factor, by SMS.
    SmsMfa,
    /// Cognito's own second factor, by an authenticator.
    SoftwareTokenMfa,
    /// Cognito's own second factor, by e-mail.
    EmailOtp,
    /// A remembered device began to prove itself.
    DeviceSrpAuth,
    /// A remembered device proved itself.
    DevicePasswordVerifier,
    /// Anything else, `ADMIN_NO_SRP_AUTH` among it: nobody says what it proves.
    Other,
}

impl Step {
    const fn passed(self) -> bool {
        matches!(self.result, Some(true))
    }

    /// Cognito puts these between the steps that we ask for. They add to a sign-in and stand for none of its steps.
    const fn is_added(self) -> bool {
        matches!(
            self.name,
            StepName::NewPasswordRequired
                | StepName::SmsMfa
                | StepName::SoftwareTokenMfa
                | StepName::EmailOtp
                | StepName::DeviceSrpAuth
                | StepName::DevicePasswordVerifier
        )
    }
}

/// What one person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asks {
    /// A password.
    Password,
    /// A password, then a code.
    PasswordAndCode,
    /// A code.
    Code,
}

impl Chain {
    /// What somebody with these roles is asked for. Of whom no roles are known, who may be about to be enrolled with any, everything
    /// is asked.
    pub fn asks(&self, roles: Option<&Roles>) -> Asks {
        match (self, roles) {
            (Self::Password, _) => Asks::Password,
            (Self::Code, _) => Asks::Code,
            (Self::PasswordAndCode { .. }, Some(roles)) if !self.asks_code_of(roles) => Asks::Password,
            (Self::PasswordAndCode { .. }, _) => Asks::PasswordAndCode,
        }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Cognito looks at the password.
    Password,
    /// A code is asked for.
    Code,
    /// Every step was passed.
    Tokens,
    /// The session ends.
    Failed,
}

/// Decides. Tokens are only given for the exact chain, and never to a user who does not exist.
pub fn define(asks: Asks, session: &[Step], user_exists: bool) -> Next {
    if session.first().is_some_and(|first| first.is_added())
        || session.iter().any(|step| step.is_added() && !step.passed())
    {
        return Next::Failed;
    }
    let mut own = session.iter().copied().filter(|step| !step.is_added()).peekable();
    if asks != Asks::Code {
        match own.next() {
            Some(Step { name: StepName::SrpA, result: Some(true) }) => {}
            _ => return Next::Failed,
        }
        match own.next() {
            None => return Next::Password,
            Some(Step { name: StepName::PasswordVerifier, result: Some(true) }) => {}
            Some(_) => return Next::Failed,
        }
    }
    let tokens = if user_exists { Next::Tokens } else { Next::Failed };
    if asks == Asks::Password {
        return if own.next().is_none() { tokens } else { Next::Failed };
    }
    let mut wrong = 0;
    while let Some(step) = own.next() {
        match (step.name, step.passed()) {
            (StepName::Custom, true) if wrong < WRONG_ANSWERS && own.peek().is_none() => return tokens,
            (StepName::Custom, false) => wrong += 1,
            _ => return Next::Failed,
        }
    }
    if wrong < WRONG_ANSWERS { Next::Code } else { Next::Failed }
}

/// Whether the session proved the password.
pub fn proved_password(session: &[Step]) -> bool {
    session.iter().any(|step| step.name == StepName::PasswordVerifier && step.passed())
}
