//! Log lines from CloudWatch Logs, counted there by one query of Logs Insights: no line comes over the network.

use std::time::Duration;

use aws_sdk_cloudwatchlogs as cloudwatch;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use domain::ClientId;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use operations::{Said, Tally};
use pool::survey::Trigger;

use super::lines;
use crate::args::LogsFrom;
use crate::{Context, Failure, connect};

/// More rows than this no query answers (Amazon CloudWatch Logs user guide, "limit").
const ROWS: usize = 10_000;
/// More log groups than this no query takes.
const GROUPS: usize = 50;
const PAUSE: Duration = Duration::from_millis(500);
/// How long a query may take.
const LONGEST: Duration = Duration::from_mins(5);

/// What is asked.
pub(super) struct Asked<'a> {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    pub(super) client: Option<&'a ClientId>,
    pub(super) from: &'a LogsFrom,
}

pub(super) async fn read(context: &Context<'_>, asked: &Asked<'_>, tally: &mut Tally) -> Result<(), Failure> {
    let logs = connect::logs(&context.global, context.local.as_ref(), asked.from.logs_endpoint_url.as_deref()).await?;
    let groups = groups(&logs, asked.from).await?;
    let started = logs
        .start_query()
        .set_log_group_names(Some(groups))
        .start_time(asked.since.as_second())
        // Whole seconds alone: the present one belongs to it.
        .end_time(asked.until.as_second() + 1)
        .query_string(query(asked.client))
        .send()
        .await
        .map_err(|error| failed("StartQuery", &error))?;
    let id = started.query_id.ok_or_else(|| odd("StartQuery"))?;
    let mut waited = Duration::ZERO;
    loop {
        let answer = logs.get_query_results().query_id(&id).send().await;
        let answer = answer.map_err(|error| failed("GetQueryResults", &error))?;
        match answer.status {
            Some(QueryStatus::Complete) => {
                let rows = answer.results.unwrap_or_default();
                if rows.len() >= ROWS {
                    return Err(Failure::TooManyLogs);
                }
                for row in &rows {
                    take(row, asked.client, tally);
                }
                return Ok(());
            }
            Some(QueryStatus::Running | QueryStatus::Scheduled) if waited < LONGEST => {
                tokio::time::sleep(PAUSE).await;
                waited += PAUSE;
            }
            Some(QueryStatus::Running | QueryStatus::Scheduled) => {
                // It goes on at our cost otherwise; if it cannot be stopped, it ends by itself.
                let _ = logs.stop_query().query_id(&id).send().await;
                return Err(Failure::Logs { call: "GetQueryResults", cause: "no result in five minutes".to_owned() });
            }
            other => {
                let status = other.map_or_else(|| "no status".to_owned(), |status| status.as_str().to_owned());
                return Err(Failure::Logs { call: "GetQueryResults", cause: format!("the query ended as {status}") });
            }
        }
    }
}

/// The groups of our functions that are there: the challenge functions' are made when somebody first answers a challenge.
async fn groups(logs: &cloudwatch::Client, from: &LogsFrom) -> Result<Vec<String>, Failure> {
    if !from.log_groups.is_empty() {
        if from.log_groups.len() > GROUPS {
            let few = domain::Invalid { noun: "list of log groups", rule: "at most 50: a query takes no more" };
            return Err(Failure::Operation(few.into()));
        }
        return Ok(from.log_groups.clone());
    }
    let beginning = format!("/aws/lambda/{}-", from.functions_prefix);
    let ours: Vec<String> = Trigger::OURS.iter().map(|trigger| format!("{beginning}{}", trigger.name())).collect();
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let page = logs.describe_log_groups().log_group_name_prefix(&beginning).set_next_token(next).send().await;
        let page = page.map_err(|error| failed("DescribeLogGroups", &error))?;
        let names = page.log_groups.into_iter().flatten().filter_map(|group| group.log_group_name);
        found.extend(names.filter(|name| ours.contains(name)));
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    if found.is_empty() { Err(Failure::NoLogs(beginning)) } else { Ok(found) }
}

/// Ids hold letters, digits, `_` and `+` alone, so that none ends the quotes.
fn query(client: Option<&ClientId>) -> String {
    // What could not be read names no client, and has to be told of all the same.
    let only = client.map(|id| format!(" and (client = \"{id}\" or not ispresent(client))")).unwrap_or_default();
    format!(
        "filter ispresent(trigger){only} \
         | stats count(*) as lines, max(@timestamp) as last by client, trigger, source, decision, code, would \
         | limit {ROWS}"
    )
}

/// A row is a count; a service that does not count (some emulators) answers with the lines themselves.
fn take(row: &[ResultField], client: Option<&ClientId>, tally: &mut Tally) {
    let field = |name: &str| {
        let found = row.iter().find(|field| field.field() == Some(name));
        found.and_then(ResultField::value).filter(|value| !value.is_empty())
    };
    let (said, lines, at) = if let Some(line) = field("@message") {
        let Some(said) = lines::said(line) else { return tally.add_foreign() };
        (said, 1, field("@timestamp"))
    } else {
        let text = |name: &str| field(name).map(str::to_owned);
        let said = Said {
            trigger: text("trigger").unwrap_or_default(),
            source: text("source"),
            client: text("client"),
            decision: text("decision").unwrap_or_default(),
            code: text("code"),
            would: text("would"),
        };
        (said, field("lines").and_then(|lines| lines.parse().ok()).unwrap_or(0), field("last"))
    };
    if client.is_none_or(|client| said.client.as_deref().is_none_or(|said| said == client.as_ref())) {
        tally.add(said, lines, at.and_then(time));
    }
}

/// `2026-11-21 08:00:00.123` in UTC, or milliseconds since 1970: both have been seen of `max(@timestamp)`.
fn time(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()),
    }
}

fn failed<E: ProvideErrorMetadata, R>(call: &'static str, error: &SdkError<E, R>) -> Failure {
    let cause = match error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some("AccessDeniedException" | "UnrecognizedClientException" | "NotAuthorizedException") => {
                return Failure::LogsNotAllowed(call);
            }
            Some(code) => format!("{code}: {}", service.err().message().unwrap_or_default()),
            None => "no code".to_owned(),
        },
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        _ => "a request or an answer that cannot be read".to_owned(),
    };
    Failure::Logs { call, cause }
}

fn odd(call: &'static str) -> Failure {
    Failure::Logs { call, cause: "an answer without its id".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Vec<ResultField> {
        fields.iter().map(|(field, value)| ResultField::builder().field(*field).value(*value).build()).collect()
    }

    #[test]
    fn a_row_is_a_count_or_a_line() {
        let counted = row(&[
            ("client", "web"),
            ("trigger", "pre-token-generation"),
            ("decision", "observed"),
            ("would", "SEATS_FULL"),
            ("code", ""),
            ("lines", "34"),
            ("last", "1795680000000"),
        ]);
        let line = r#"{"trigger":"pre-token-generation","client":"web","decision":"observed","would":"SEATS_FULL"}"#;
        let whole = row(&[("@timestamp", "2026-11-26 08:00:00.123"), ("@message", line)]);
        let other = row(&[("@message", "START RequestId: 1")]);
        let mut tally = Tally::default();
        for row in [counted, whole, other] {
            take(&row, None, &mut tally);
        }
        let told = format!("{tally:?}");
        assert!(told.contains(r#"would: {"SEATS_FULL": 35}"#) && told.contains("foreign: 1"), "{told}");
        assert!(told.contains("2026-11-26T08:00:00.123Z"), "{told}");
        let mut none = Tally::default();
        take(&row(&[("client", "web"), ("lines", "3")]), Some(&"api".parse().unwrap()), &mut none);
        assert!(format!("{none:?}").contains("lines: 0"));
        take(&row(&[("decision", "unreadable"), ("lines", "3")]), Some(&"api".parse().unwrap()), &mut none);
        assert!(format!("{none:?}").contains("unreadable: 3"));
    }

    #[test]
    fn the_query_counts_over_there() {
        let query = query(Some(&"1h57kf5cpq17m0eml12EXAMPLE".parse().unwrap()));
        assert!(
            query.contains(r#"client = "1h57kf5cpq17m0eml12EXAMPLE""#) && query.contains("stats count(*)"),
            "{query}"
        );
    }
}
