//! Deployed for real, locally: the stacks that the CDK app describes, by `cdk bootstrap` and `cdk deploy`, with the functions of the
//! release build, and people who sign up and in at what came of it.

use serde_json::{Value, json};

use super::app::App;
use super::deployment::Deployment;
use super::ground::FUNCTIONS;
use super::tenants_as_code;

/// One journey: every step stands on the one before, and each deployment takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn the_stacks_deploy_and_people_sign_in_at_what_was_deployed() {
    let (release, package) = (super::handed("TENANTRY_RELEASE_DIR"), super::handed("TENANTRY_PACKAGE_DIR"));
    let deployment = Deployment::bootstrapped().await;
    deployment.deploy(&release, &[]).await;
    the_pool_calls_what_was_deployed(&deployment).await;
    what_is_watched_is_there(&deployment).await;

    let acme = App::of(&deployment, "acme").await;
    let initech = App::of(&deployment, "initech").await;
    deployment.tenantctl(&["tenant", "policy", "set", "initech", "--chain", "code", "--yes"]).await;
    acme.refuses("stranger@elsewhere.example", "INVITATION_REQUIRED").await;
    acme.admits("ann@acme.example").await;
    initech.admits("cid@initech.example").await;
    a_refusal_is_where_it_is_counted(&deployment).await;
    let ann = acme.lets_in_by_password("ann@acme.example").await;
    initech.lets_in_by_code("cid@initech.example").await;

    let refused = deployment.deploy_released(&package, false).await.unwrap_err();
    assert!(refused.contains("no AWS credentials that AWS confirms were found"), "{refused}");
    let again = deployment.deploy_released(&package, true).await.unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(again.matches("(no changes)").count(), 2, "the same programs, packed, change nothing: {again}");

    let before = live(&deployment, "pre-token-generation").await;
    // A team takes one of these tenants into its code; with it the functions change.
    tenants_as_code::come_and_go(&deployment, &release, &acme).await;
    let after = live(&deployment, "pre-token-generation").await;
    assert_ne!(after, before, "what the pool calls is the new version");
    acme.refreshes(&ann).await;

    what_holds_data_stays(&deployment, &acme).await;
}

/// Every slot of the pool names an alias that the stack put out, and the functions' resource policies let this pool alone call them.
async fn the_pool_calls_what_was_deployed(deployment: &Deployment) {
    let pool = deployment.output("UserPoolId");
    let described = deployment.sdk().describe_user_pool().user_pool_id(pool).send().await.unwrap();
    let slots = described.user_pool().unwrap().lambda_config().unwrap();
    let token = slots.pre_token_generation_config().unwrap();
    let called = [
        ("PreSignUpArn", slots.pre_sign_up()),
        ("PostConfirmationArn", slots.post_confirmation()),
        ("PreTokenGenerationArn", Some(token.lambda_arn())),
        ("DefineAuthChallengeArn", slots.define_auth_challenge()),
        ("CreateAuthChallengeArn", slots.create_auth_challenge()),
        ("VerifyAuthChallengeArn", slots.verify_auth_challenge_response()),
    ];
    for (output, arn) in called {
        assert_eq!(arn, Some(deployment.output(output)), "{output}");
    }
    for function in FUNCTIONS {
        let name = format!("{}-{function}", deployment.output("FunctionsPrefix"));
        let policy = json!({ "FunctionName": name, "Qualifier": "live" });
        let policy = deployment.aws("lambda", "get_policy", &policy).await.unwrap();
        let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1, "{function}: {policy}");
        let condition = statements[0]["Condition"].to_string();
        assert!(condition.contains(deployment.output("UserPoolArn")), "{function}: {condition}");
        assert!(condition.contains("SourceAccount"), "{function}: {condition}");
    }
}

/// What the functions write is counted, and what is counted is watched.
async fn what_is_watched_is_there(deployment: &Deployment) {
    let filters = list(deployment, "logs", "describe_metric_filters", "metricFilters").await;
    let groups = list(deployment, "logs", "describe_log_groups", "logGroups").await;
    let mut counted = Vec::new();
    for filter in &filters {
        let group = &filter["logGroupName"];
        assert!(groups.iter().any(|there| there["logGroupName"] == *group), "no {group}: {groups:?}");
        for made in filter["metricTransformations"].as_array().unwrap() {
            counted.push((&made["metricNamespace"], &made["metricName"]));
        }
    }
    let alarms = list(deployment, "cloudwatch", "describe_alarms", "MetricAlarms").await;
    let namespace = format!("Tenantry/{}", deployment.output("FunctionsPrefix"));
    let ours: Vec<_> = alarms.iter().filter(|alarm| alarm["Namespace"] == namespace.as_str()).collect();
    assert_eq!(ours.len(), 10, "{alarms:?}");
    for alarm in ours {
        assert!(counted.contains(&(&alarm["Namespace"], &alarm["MetricName"])), "nobody counts for {alarm}");
    }
    let dashboards = list(deployment, "cloudwatch", "list_dashboards", "DashboardEntries").await;
    let dashboard = json!({ "DashboardName": dashboards[0]["DashboardName"] });
    let dashboard = deployment.aws("cloudwatch", "get_dashboard", &dashboard).await.unwrap();
    let body: Value = serde_json::from_str(dashboard["DashboardBody"].as_str().unwrap()).unwrap();
    // As Cognito and CloudFormation named them, and no reference to them.
    assert!(body.to_string().contains(deployment.output("UserPoolId")), "{body}");
}

/// The line of a refusal is in the log group that the filters read.
async fn a_refusal_is_where_it_is_counted(deployment: &Deployment) {
    let prefix = deployment.output("FunctionsPrefix");
    let group = json!({ "logGroupName": format!("/aws/lambda/{prefix}-pre-sign-up") });
    let events = deployment.aws("logs", "filter_log_events", &group).await.unwrap();
    let texts = events["events"].as_array().unwrap().iter().filter_map(|event| event["message"].as_str());
    let lines: Vec<Value> = texts.filter_map(|text| serde_json::from_str(text).ok()).collect();
    let refused = lines.iter().find(|line| line["message"] == "refused").unwrap_or_else(|| panic!("{events}"));
    assert_eq!(refused["code"], "INVITATION_REQUIRED", "{refused}");
}

async fn list(deployment: &Deployment, service: &str, operation: &str, of: &str) -> Vec<Value> {
    let listed = deployment.aws(service, operation, &json!({})).await.unwrap();
    listed[of].as_array().unwrap_or_else(|| panic!("{operation}: {listed}")).clone()
}

/// The version that a function's alias points to.
async fn live(deployment: &Deployment, function: &str) -> String {
    let name = format!("{}-{function}", deployment.output("FunctionsPrefix"));
    let alias = json!({ "FunctionName": name, "Name": "live" });
    let alias = deployment.aws("lambda", "get_alias", &alias).await.unwrap();
    alias["FunctionVersion"].as_str().unwrap().to_owned()
}

/// The stacks do not let themselves be deleted; and when somebody insists, the table, its rows, the secret and the pool are still there.
async fn what_holds_data_stays(deployment: &Deployment, app: &App<'_>) {
    let refused = deployment.destroy().await.unwrap_err();
    assert!(refused.contains("TerminationProtection"), "{refused}");
    let stacks = ["Tenantry-Identity", "Tenantry-Data"];
    for stack in stacks {
        let off = json!({ "StackName": stack, "EnableTerminationProtection": false });
        deployment.aws("cloudformation", "update_termination_protection", &off).await.unwrap();
    }
    deployment.destroy().await.unwrap();
    for stack in stacks {
        let gone = deployment.aws("cloudformation", "describe_stacks", &json!({ "StackName": stack })).await;
        assert!(gone.is_err(), "{stack}: {gone:?}");
    }
    let tenants = deployment.tenantctl(&["tenant", "list"]).await;
    assert!(tenants.to_string().contains(&app.tenant), "{tenants}");
    let secrets = deployment.aws("secretsmanager", "list_secrets", &json!({})).await.unwrap();
    assert_eq!(secrets["SecretList"].as_array().unwrap().len(), 1, "{secrets}");
    let pool = deployment.output("UserPoolId");
    app.sdk().admin_get_user().user_pool_id(pool).username("ann@acme.example").send().await.unwrap();
}
