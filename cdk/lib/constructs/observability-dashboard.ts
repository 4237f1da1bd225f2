/**
 * One dashboard, read from top to bottom: is anything wrong, who comes in, who does not, how long it takes, and what lies below.
 *
 * @module
 */
import { Duration, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { type TriggerName, triggerNames } from "../facts.ts";
import { lineCounts } from "./observability-filters.ts";
import {
  lines,
  type Observed,
  ofEach,
  patienceOfCognito,
  tableErrors,
  tableThrottles,
} from "./observability-metrics.ts";
import { logQueries } from "./observability-queries.ts";

/** What the dashboard shows. */
export interface DashboardProps extends Observed {
  /** Its name. */
  readonly prefix: string;
  /** Where the runbook is. */
  readonly runbook: string;
  /** The alarms, for the first row. */
  readonly alarms: readonly cloudwatch.IAlarm[];
  /** Where each trigger writes. */
  readonly logGroups: Readonly<Record<TriggerName, logs.ILogGroup>>;
  /** The table, if it is watched too. */
  readonly table?: dynamodb.ITable;
}

const five = Duration.minutes(5);

/** The dashboard. */
export function dashboard(scope: Construct, id: string, props: DashboardProps): cloudwatch.Dashboard {
  const made = new cloudwatch.Dashboard(scope, id, { dashboardName: props.prefix, defaultInterval: Duration.days(1) });
  const rows = [
    first(props),
    people(props),
    refusals(props),
    time(props),
    ...(props.table === undefined ? [] : [below(props, props.table)]),
    last(props),
  ];
  for (const row of rows) made.addWidgets(...row);
  return made;
}

function graph(
  title: string,
  width: number,
  left: cloudwatch.IMetric[],
  more: Partial<cloudwatch.GraphWidgetProps> = {},
): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width, height: 6, left, leftYAxis: { min: 0 }, ...more });
}

/** All metrics of a kind, whatever values their dimensions have had. Dashboards may search; alarms may not. */
function search(props: Observed, what: string, label: string): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SEARCH('${what}', 'Sum', 300)`,
    label,
    period: five,
    searchRegion: Stack.of(props.userPool).region,
  });
}

function ours(props: Observed, metricName: string, dimensions: string): cloudwatch.MathExpression {
  // An empty label leaves each line the values of its own dimensions.
  return search(props, `{${props.namespace},${dimensions}} MetricName="${metricName}"`, "");
}

function first(props: DashboardProps): cloudwatch.IWidget[] {
  const words = `**${props.prefix}**: what each alarm means and what to do is in the [runbook](${props.runbook}).`;
  return [
    new cloudwatch.TextWidget({ markdown: words, width: 24, height: 1 }),
    new cloudwatch.AlarmStatusWidget({ title: "Alarms", alarms: [...props.alarms], width: 24, height: 4 }),
  ];
}

function people(props: DashboardProps): cloudwatch.IWidget[] {
  const cognito = (metricName: string) =>
    search(
      props,
      `{AWS/Cognito,UserPool,UserPoolClient} MetricName="${metricName}" UserPool="${props.userPool.userPoolId}"`,
      metricName,
    );
  const sum = (metricName: string) =>
    new cloudwatch.MathExpression({
      expression: `SUM(of${metricName})`,
      usingMetrics: { [`of${metricName}`]: cognito(metricName) },
      label: metricName,
      period: five,
    });
  const calls = ofEach(props, (each, label) =>
    each.metricInvocations({ statistic: cloudwatch.Stats.SUM, period: five, label }),
  );
  return [
    graph(
      "What Cognito counts",
      8,
      ["SignUpSuccesses", "SignInSuccesses", "TokenRefreshSuccesses", "FederationSuccesses"].map(sum),
    ),
    graph("Calls of the triggers", 8, Object.values(calls)),
    graph("Answered, refused, broken by trigger", 8, [ours(props, lineCounts.lines.metricName, "trigger,outcome")]),
  ];
}

function refusals(props: DashboardProps): cloudwatch.IWidget[] {
  return [
    graph("What people read, by code", 8, [ours(props, lineCounts.codes.metricName, "code")]),
    graph("Would be refused, by code", 8, [ours(props, lineCounts.would.metricName, "code")]),
    graph("Broken, crashed, enrolled late", 8, [
      lines(props, lineCounts.broken.metricName, five),
      lines(props, lineCounts.crashed.metricName, five),
      lines(props, lineCounts.enrolledLate.metricName, five),
    ]),
  ];
}

function time(props: DashboardProps): cloudwatch.IWidget[] {
  const annotations = [{ value: patienceOfCognito, label: "Cognito gives up", color: cloudwatch.Color.RED }];
  const duration = (percent: number) =>
    Object.values(
      ofEach(props, (each, label) =>
        each.metricDuration({ statistic: cloudwatch.Stats.percentile(percent), period: five, label }),
      ),
    );
  const throttles = ofEach(props, (each, label) =>
    each.metricThrottles({ statistic: cloudwatch.Stats.SUM, period: five, label }),
  );
  return [
    graph("Milliseconds, p99", 8, duration(99), { leftAnnotations: annotations }),
    graph("Milliseconds, p50", 8, duration(50)),
    graph("Throttled by Lambda", 8, Object.values(throttles)),
  ];
}

function below(_: DashboardProps, table: dynamodb.ITable): cloudwatch.IWidget[] {
  const latency = ["BatchGetItem", "UpdateItem", "TransactWriteItems"].map(
    (operation) =>
      new cloudwatch.Metric({
        namespace: "AWS/DynamoDB",
        metricName: "SuccessfulRequestLatency",
        dimensionsMap: { TableName: table.tableName, Operation: operation },
        statistic: cloudwatch.Stats.percentile(99),
        period: five,
        label: operation,
      }),
  );
  return [
    graph("The table: milliseconds, p99", 8, latency),
    graph("The table: throttled, failed", 8, [tableThrottles(table, five), tableErrors(table, five)]),
    graph("The table: units", 8, [
      table.metricConsumedReadCapacityUnits({ period: five, label: "read" }),
      table.metricConsumedWriteCapacityUnits({ period: five, label: "written" }),
    ]),
  ];
}

function last(props: DashboardProps): cloudwatch.IWidget[] {
  const logGroupNames = triggerNames.map((trigger) => props.logGroups[trigger].logGroupName);
  return [
    new cloudwatch.LogQueryWidget({
      title: "Broken by cause",
      logGroupNames,
      queryString: logQueries["broken by cause"],
      width: 12,
      height: 6,
    }),
    new cloudwatch.LogQueryWidget({
      title: "Refused by code",
      logGroupNames,
      queryString: logQueries["refused by code"],
      width: 12,
      height: 6,
    }),
  ];
}
