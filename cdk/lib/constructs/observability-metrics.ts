/**
 * The figures that alarms and dashboard share.
 *
 * @module
 */
import type { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { facts, pascal, type TriggerName, triggerNames } from "../facts.ts";

/** How long Cognito waits for a trigger, in milliseconds [Amazon Cognito developer guide, "Customizing user pool workflows with Lambda triggers"]. */
export const patienceOfCognito = 5000;

/** What a metric is asked of. */
export interface Observed {
  /** The namespace of our own counts. */
  readonly namespace: string;
  /** The triggers' functions. */
  readonly functions: Readonly<Record<TriggerName, lambda.IFunction>>;
  /** The user pool. */
  readonly userPool: cognito.IUserPool;
}

/** A count of log lines. */
export function lines(
  observed: Observed,
  metricName: string,
  period: Duration,
  dimensionsMap?: Record<string, string>,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: observed.namespace,
    metricName,
    statistic: cloudwatch.Stats.SUM,
    period,
    ...(dimensionsMap !== undefined && { dimensionsMap }),
  });
}

/**
 * One figure of several. `SUM` and `MAX` over a list pass over what is missing, where `a + b` would be missing as a whole: a trigger that nobody
 * needs, such as those of challenges, has no figures at all.
 */
export function together(
  how: "SUM" | "MAX",
  metrics: Record<string, cloudwatch.IMetric>,
  period: Duration,
  label: string,
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `${how}([${Object.keys(metrics).join(", ")}])`,
    usingMetrics: metrics,
    period,
    label,
  });
}

/** The same metric of every trigger's function. */
export function ofEach(
  observed: Observed,
  metric: (each: lambda.IFunction, label: TriggerName) => cloudwatch.IMetric,
): Record<string, cloudwatch.IMetric> {
  const named = (trigger: TriggerName) => pascal(trigger).charAt(0).toLowerCase() + pascal(trigger).slice(1);
  return Object.fromEntries(
    triggerNames.map((trigger) => [named(trigger), metric(observed.functions[trigger], trigger)]),
  );
}

/** What Cognito counts of tokens, each with one value a request. */
export type TokenCount = "SignInSuccesses" | "TokenRefreshSuccesses";

/**
 * What the whole pool counted. Cognito counts for each app client [Amazon Cognito developer guide, "User pool metrics in CloudWatch"], and tenants'
 * clients come and go, so that they are summed by a query: an alarm can do that with Metrics Insights, and not with `SEARCH`.
 */
export function countOfPool(observed: Observed, count: TokenCount, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SELECT SUM(${count}) FROM SCHEMA("AWS/Cognito", UserPool, UserPoolClient) WHERE UserPool = '${observed.userPool.userPoolId}'`,
    period,
    label: count,
  });
}

/** Requests that DynamoDB turned away; the index takes part, since a write waits for it. */
export function tableThrottles(table: dynamodb.ITable, period: Duration): cloudwatch.MathExpression {
  const events = (metricName: string, index: Record<string, string> = {}) =>
    new cloudwatch.Metric({
      namespace: "AWS/DynamoDB",
      metricName,
      dimensionsMap: { TableName: table.tableName, ...index },
      statistic: cloudwatch.Stats.SUM,
      period,
    });
  const metrics = {
    reads: events("ReadThrottleEvents"),
    writes: events("WriteThrottleEvents"),
    indexWrites: events("WriteThrottleEvents", { GlobalSecondaryIndexName: facts.table.index.name }),
  };
  return together("SUM", metrics, period, "throttled");
}

/** The operations with which the functions ask, as DynamoDB's metrics name them. */
const operations = ["GetItem", "BatchGetItem", "Query", "UpdateItem", "TransactWriteItems"];

/** What DynamoDB itself failed at. */
export function tableErrors(table: dynamodb.ITable, period: Duration): cloudwatch.MathExpression {
  const errors = (operation: string) =>
    new cloudwatch.Metric({
      namespace: "AWS/DynamoDB",
      metricName: "SystemErrors",
      dimensionsMap: { TableName: table.tableName, Operation: operation },
      statistic: cloudwatch.Stats.SUM,
      period,
    });
  const metrics = Object.fromEntries(operations.map((operation) => [`of${operation}`, errors(operation)]));
  return together("SUM", metrics, period, "system errors");
}
