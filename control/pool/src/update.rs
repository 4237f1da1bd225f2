//! Changing an app client: everything that was read goes back, but for what has to change.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
    UserPoolClientType,
};
use jiff::SignedDuration;

use crate::region::in_region;
use crate::{Change, Described, Difference, PoolError};

const CALL: &str = "UpdateUserPoolClient";

/// Applies differences to a client that was just read. Those that need a hand first are left out. The API knows no condition: read the
/// client again right before, and again later to see that it took.
pub async fn update(
    cognito: &Client,
    client: &domain::Client,
    read: &Described,
    differences: &[Difference],
) -> Result<(), PoolError> {
    read.is_wholly_known()?;
    let mut all = read.all.clone();
    for difference in differences.iter().filter(|difference| difference.by_hand.is_none()) {
        apply(&mut all, &difference.change);
    }
    one_way(&mut all);
    let request =
        carry(cognito.update_user_pool_client(), all).user_pool_id(client.pool.as_ref()).client_id(client.id.as_ref());
    let request = request.customize().config_override(in_region(&client.pool));
    request.send().await.map(|_| ()).map_err(|error| PoolError::of(CALL, &error))
}

/// Every setting of a client into the request. INVARIANT: this names every member in the first half of `describe::KNOWN`.
fn carry(request: UpdateUserPoolClientFluentBuilder, all: UserPoolClientType) -> UpdateUserPoolClientFluentBuilder {
    request
        .set_client_name(all.client_name)
        // Zero is how the SDK says that the answer held none.
        .set_refresh_token_validity(Some(all.refresh_token_validity).filter(|validity| *validity > 0))
        .set_access_token_validity(all.access_token_validity)
        .set_id_token_validity(all.id_token_validity)
        .set_token_validity_units(all.token_validity_units)
        .set_read_attributes(all.read_attributes)
        .set_write_attributes(all.write_attributes)
        .set_explicit_auth_flows(all.explicit_auth_flows)
        .set_supported_identity_providers(all.supported_identity_providers)
        .set_callback_urls(all.callback_urls)
        .set_logout_urls(all.logout_urls)
        .set_default_redirect_uri(all.default_redirect_uri)
        .set_allowed_o_auth_flows(all.allowed_o_auth_flows)
        .set_allowed_o_auth_scopes(all.allowed_o_auth_scopes)
        .set_allowed_o_auth_flows_user_pool_client(all.allowed_o_auth_flows_user_pool_client)
        .set_analytics_configuration(all.analytics_configuration)
        .set_prevent_user_existence_errors(all.prevent_user_existence_errors)
        .set_enable_token_revocation(all.enable_token_revocation)
        .set_enable_propagate_additional_user_context_data(all.enable_propagate_additional_user_context_data)
        .set_auth_session_validity(all.auth_session_validity)
        .set_refresh_token_rotation(all.refresh_token_rotation)
}

/// An answer may say twice where analytics go, and a request may say it once.
fn one_way(all: &mut UserPoolClientType) {
    if let Some(analytics) = all.analytics_configuration.as_mut().filter(|known| known.application_arn.is_some()) {
        (analytics.application_id, analytics.external_id, analytics.role_arn) = (None, None, None);
    }
}

fn apply(all: &mut UserPoolClientType, change: &Change) {
    match change {
        Change::AuthFlows(flows) => {
            let flows = flows.iter().map(|flow| ExplicitAuthFlowsType::from(flow.as_str())).collect();
            all.explicit_auth_flows = Some(flows);
        }
        Change::OAuthFlows(flows) => {
            all.allowed_o_auth_flows_user_pool_client = Some(!flows.is_empty());
            all.allowed_o_auth_flows = Some(flows.iter().map(|flow| OAuthFlowType::from(flow.as_str())).collect());
            // Scopes and callback URLs stay: nothing reads them without a flow, and another policy may want them back.
            if !flows.is_empty() && all.allowed_o_auth_scopes().is_empty() {
                all.allowed_o_auth_scopes = Some(vec!["openid".to_owned()]);
            }
        }
        Change::Providers(names) => all.supported_identity_providers = Some(list(names)),
        Change::WriteAttributes(names) => all.write_attributes = Some(list(names)),
        Change::ReadAttributes(names) => all.read_attributes = Some(list(names)),
        Change::AccessToken(time) => {
            all.access_token_validity = Some(minutes(*time));
            units(all, |units| units.access_token = Some(TimeUnitsType::Minutes));
        }
        Change::IdToken(time) => {
            all.id_token_validity = Some(minutes(*time));
            units(all, |units| units.id_token = Some(TimeUnitsType::Minutes));
        }
        Change::RefreshToken(time) => {
            all.refresh_token_validity = minutes(*time);
            units(all, |units| units.refresh_token = Some(TimeUnitsType::Minutes));
        }
        Change::TokenRevocation => all.enable_token_revocation = Some(true),
        Change::HideUsers => all.prevent_user_existence_errors = Some(PreventUserExistenceErrorTypes::Enabled),
        Change::Session(time) => all.auth_session_validity = Some(minutes(*time)),
    }
}

fn units(all: &mut UserPoolClientType, set: impl FnOnce(&mut TokenValidityUnitsType)) {
    let mut units = all.token_validity_units.take().unwrap_or_else(|| TokenValidityUnitsType::builder().build());
    set(&mut units);
    all.token_validity_units = Some(units);
}

fn list(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().cloned().collect()
}

pub(crate) fn minutes(time: SignedDuration) -> i32 {
    i32::try_from(time.as_mins()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::config::BehaviorVersion;
    use aws_sdk_cognitoidentityprovider::primitives::DateTime;
    use aws_sdk_cognitoidentityprovider::types::{
        AnalyticsConfigurationType, FeatureType, RefreshTokenRotationType, UserPoolClientType,
    };
    use aws_sdk_cognitoidentityprovider::{Client, Config};

    use super::*;

    /// Every setting that this SDK knows, set to something.
    fn full() -> UserPoolClientType {
        UserPoolClientType::builder()
            .user_pool_id("eu-central-1_test")
            .client_name("web")
            .client_id("web")
            .client_secret("secret")
            .last_modified_date(DateTime::from_secs(1))
            .creation_date(DateTime::from_secs(1))
            .refresh_token_validity(7)
            .access_token_validity(1)
            .id_token_validity(1)
            .token_validity_units(
                TokenValidityUnitsType::builder()
                    .access_token(TimeUnitsType::Hours)
                    .id_token(TimeUnitsType::Hours)
                    .refresh_token(TimeUnitsType::Days)
                    .build(),
            )
            .read_attributes("email")
            .write_attributes("email")
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth)
            .supported_identity_providers("COGNITO")
            .callback_urls("https://app.example/in")
            .logout_urls("https://app.example/out")
            .default_redirect_uri("https://app.example/in")
            .allowed_o_auth_flows(OAuthFlowType::Code)
            .allowed_o_auth_scopes("openid")
            .allowed_o_auth_flows_user_pool_client(true)
            .analytics_configuration(
                AnalyticsConfigurationType::builder()
                    .application_id("a")
                    .application_arn("a")
                    .role_arn("a")
                    .external_id("a")
                    .user_data_shared(true)
                    .build(),
            )
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .enable_token_revocation(true)
            .enable_propagate_additional_user_context_data(true)
            .auth_session_validity(3)
            .refresh_token_rotation(
                RefreshTokenRotationType::builder()
                    .feature(FeatureType::Enabled)
                    .retry_grace_period_seconds(10)
                    .build()
                    .unwrap(),
            )
            .build()
    }

    #[test]
    fn analytics_go_back_in_one_of_the_two_ways_of_saying_it() {
        let mut all = full();
        one_way(&mut all);
        let said = all.analytics_configuration.take().unwrap();
        let kept = AnalyticsConfigurationType::builder().application_arn("a").user_data_shared(true).build();
        assert_eq!(said, kept);
        let by_id = AnalyticsConfigurationType::builder().application_id("a").role_arn("a").external_id("a").build();
        all.analytics_configuration = Some(by_id.clone());
        one_way(&mut all);
        assert_eq!(all.analytics_configuration, Some(by_id));
    }

    #[test]
    fn everything_that_was_read_is_written_back() {
        let read = format!("{:?}", full());
        assert!(
            !read.contains("None"),
            "the SDK knows a setting that this test, and perhaps the update, does not: {read}"
        );
        let client = Client::from_conf(Config::builder().behavior_version(BehaviorVersion::latest()).build());
        let request = carry(client.update_user_pool_client(), full()).user_pool_id("pool");
        let written = format!("{:?}", request.as_input());
        // The SDK redacts the client's id, there or not.
        assert!(!written.contains("None"), "a setting would be reset: {written}");
    }
}
