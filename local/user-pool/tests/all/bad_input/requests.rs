//! A valid request of every operation, from which the invalid ones are made.

use serde_json::{Value, json};

use crate::kit::{ANN, CLIENT, PASSWORD, POOL};

/// Operation and input. `access` and `refresh` are tokens of Ann's.
pub(super) fn valid(access: &str, refresh: &str) -> Vec<(&'static str, Value)> {
    let attributes = json!([{ "Name": "email", "Value": ANN }, { "Name": "name", "Value": "Ann" }]);
    let metadata = json!({ "invitation": "none", "why": "a test" });
    let named = || json!({ "UserPoolId": POOL, "Username": ANN });
    let by_password = json!({ "USERNAME": ANN, "PASSWORD": PASSWORD });
    let answers = json!({ "USERNAME": ANN, "ANSWER": "00000000" });
    let app = json!({
        "UserPoolId": POOL, "ClientName": "another", "GenerateSecret": false, "RefreshTokenValidity": 30,
        "AccessTokenValidity": 60, "IdTokenValidity": 60,
        "TokenValidityUnits": { "AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days" },
        "ReadAttributes": ["email", "name"], "WriteAttributes": ["email"],
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "SupportedIdentityProviders": ["COGNITO"], "CallbackURLs": ["https://app.example/in"],
        "LogoutURLs": ["https://app.example/out"], "DefaultRedirectURI": "https://app.example/in",
        "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid", "email"],
        "AllowedOAuthFlowsUserPoolClient": true, "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": true, "AuthSessionValidity": 3,
    });
    let mut changed_app = app.clone();
    changed_app["ClientId"] = CLIENT.into();
    let pool = json!({
        "UserPoolId": POOL, "PoolName": "pool", "AutoVerifiedAttributes": ["email"],
        "Policies": { "PasswordPolicy": { "MinimumLength": 8, "RequireUppercase": true, "TemporaryPasswordValidityDays": 7 } },
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": false },
        "LambdaConfig": {
            "PreSignUp": "arn:aws:lambda:eu-west-1:123456789012:function:pre-sign-up",
            "PreTokenGenerationConfig": {
                "LambdaVersion": "V2_0", "LambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:pre-token-generation",
            },
        },
    });
    vec![
        (
            "SignUp",
            json!({
                "ClientId": CLIENT, "Username": "bob@acme.example", "Password": PASSWORD, "SecretHash": "aGFzaA==",
                "UserAttributes": attributes, "ValidationData": [{ "Name": "a", "Value": "b" }], "ClientMetadata": metadata,
            }),
        ),
        (
            "ConfirmSignUp",
            json!({ "ClientId": CLIENT, "Username": ANN, "ConfirmationCode": "123456", "SecretHash": "aGFzaA==", "ClientMetadata": metadata }),
        ),
        ("ResendConfirmationCode", json!({ "ClientId": CLIENT, "Username": ANN, "SecretHash": "aGFzaA==" })),
        (
            "InitiateAuth",
            json!({ "ClientId": CLIENT, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": by_password, "ClientMetadata": metadata }),
        ),
        (
            "AdminInitiateAuth",
            json!({ "UserPoolId": POOL, "ClientId": CLIENT, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": by_password, "ClientMetadata": metadata }),
        ),
        (
            "RespondToAuthChallenge",
            json!({ "ClientId": CLIENT, "ChallengeName": "CUSTOM_CHALLENGE", "Session": "s", "ChallengeResponses": answers, "ClientMetadata": metadata }),
        ),
        (
            "AdminRespondToAuthChallenge",
            json!({ "UserPoolId": POOL, "ClientId": CLIENT, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s", "ChallengeResponses": answers, "ClientMetadata": metadata }),
        ),
        (
            "GetTokensFromRefreshToken",
            json!({ "RefreshToken": refresh, "ClientId": CLIENT, "ClientSecret": "none", "ClientMetadata": metadata }),
        ),
        ("RevokeToken", json!({ "Token": "none", "ClientId": CLIENT, "ClientSecret": "none" })),
        (
            "AdminCreateUser",
            json!({
                "UserPoolId": POOL, "Username": "cid@acme.example", "TemporaryPassword": PASSWORD, "UserAttributes": attributes,
                "ValidationData": [{ "Name": "a", "Value": "b" }], "MessageAction": "SUPPRESS", "ClientMetadata": metadata,
            }),
        ),
        (
            "AdminSetUserPassword",
            json!({ "UserPoolId": POOL, "Username": ANN, "Password": PASSWORD, "Permanent": true }),
        ),
        ("AdminResetUserPassword", json!({ "UserPoolId": POOL, "Username": "dora@acme.example" })),
        ("AdminConfirmSignUp", json!({ "UserPoolId": POOL, "Username": ANN, "ClientMetadata": metadata })),
        ("AdminGetUser", named()),
        ("AdminUpdateUserAttributes", json!({ "UserPoolId": POOL, "Username": ANN, "UserAttributes": attributes })),
        ("AdminDeleteUser", json!({ "UserPoolId": POOL, "Username": "dora@acme.example" })),
        (
            "AdminLinkProviderForUser",
            json!({
                "UserPoolId": POOL,
                "DestinationUser": { "ProviderName": "Cognito", "ProviderAttributeValue": ANN },
                "SourceUser": { "ProviderName": "Okta", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "1" },
            }),
        ),
        ("AdminDisableUser", json!({ "UserPoolId": POOL, "Username": "dora@acme.example" })),
        ("AdminEnableUser", named()),
        ("AdminUserGlobalSignOut", json!({ "UserPoolId": POOL, "Username": "dora@acme.example" })),
        (
            "ListUsers",
            json!({ "UserPoolId": POOL, "AttributesToGet": ["email"], "Limit": 10, "PaginationToken": "none", "Filter": "email = \"x\"" }),
        ),
        ("GetUser", json!({ "AccessToken": access })),
        ("DeleteUser", json!({ "AccessToken": "none" })),
        (
            "UpdateUserAttributes",
            json!({ "AccessToken": access, "UserAttributes": attributes, "ClientMetadata": metadata }),
        ),
        (
            "GetUserAttributeVerificationCode",
            json!({ "AccessToken": access, "AttributeName": "email", "ClientMetadata": metadata }),
        ),
        ("VerifyUserAttribute", json!({ "AccessToken": access, "AttributeName": "email", "Code": "123456" })),
        (
            "ChangePassword",
            json!({ "AccessToken": access, "PreviousPassword": "Wrong-horse-1", "ProposedPassword": PASSWORD }),
        ),
        ("GlobalSignOut", json!({ "AccessToken": "none" })),
        (
            "ForgotPassword",
            json!({ "ClientId": CLIENT, "Username": ANN, "SecretHash": "aGFzaA==", "ClientMetadata": metadata }),
        ),
        (
            "ConfirmForgotPassword",
            json!({ "ClientId": CLIENT, "Username": ANN, "ConfirmationCode": "123456", "Password": PASSWORD, "SecretHash": "aGFzaA==", "ClientMetadata": metadata }),
        ),
        (
            "CreateGroup",
            json!({ "UserPoolId": POOL, "GroupName": "staff", "Description": "d", "Precedence": 1, "RoleArn": "arn:aws:iam::123456789012:role/x" }),
        ),
        ("AdminAddUserToGroup", json!({ "UserPoolId": POOL, "Username": ANN, "GroupName": "staff" })),
        ("AdminRemoveUserFromGroup", json!({ "UserPoolId": POOL, "Username": ANN, "GroupName": "staff" })),
        ("AdminListGroupsForUser", json!({ "UserPoolId": POOL, "Username": ANN, "Limit": 5, "NextToken": "none" })),
        ("CreateUserPoolClient", app),
        ("DescribeUserPoolClient", json!({ "UserPoolId": POOL, "ClientId": CLIENT })),
        ("DeleteUserPoolClient", json!({ "UserPoolId": POOL, "ClientId": "none" })),
        ("ListUserPoolClients", json!({ "UserPoolId": POOL, "MaxResults": 10, "NextToken": "none" })),
        ("ListIdentityProviders", json!({ "UserPoolId": POOL, "MaxResults": 10, "NextToken": "none" })),
        ("DescribeUserPool", json!({ "UserPoolId": POOL })),
        ("GetUserPoolMfaConfig", json!({ "UserPoolId": POOL })),
        // These change what the others stand on, so they come last.
        ("UpdateUserPoolClient", changed_app),
        ("UpdateUserPool", pool),
    ]
}
