/**
 * What operators see: counts of the functions' log lines, alarms, one dashboard, saved queries, and tags for the bill.
 *
 * @module
 */
import { Tags } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import type * as logs from "aws-cdk-lib/aws-logs";
import { Construct, type IConstruct } from "constructs";
import { type TriggerName, triggerNames } from "../facts.ts";
import { Alarms, type Thresholds } from "./observability-alarms.ts";
import { dashboard } from "./observability-dashboard.ts";
import { LineFilters } from "./observability-filters.ts";
import { LogQueries } from "./observability-queries.ts";

/** A function with its log; a `TriggerFunction` is one. */
export interface WatchedFunction {
  /** The function; its metrics are those of all its versions. */
  readonly function: lambda.IFunction;
  /** Where it writes, as plain text: with Lambda's own JSON format our lines would be text within other lines. */
  readonly logGroup: logs.ILogGroup;
}

/** Which parts are made. Counts and the dashboard always are. */
export interface ObservabilityParts {
  /**
   * Whether there are saved queries. Logs Insights shows them to everybody in the account.
   *
   * @default true
   */
  readonly savedQueries?: boolean;
  /**
   * Alarms that are not made, by their names after the prefix, which are the runbook's sections. CloudWatch bills an alarm by the metrics that it reads:
   * `slow` and `throttled` read six each, `table-errors` five, and `tokens-without-us` is a composite one over three more.
   *
   * @default none: all are made
   */
  readonly withoutAlarms?: readonly string[];
}

/** What is watched. */
export interface ObservabilityProps extends ObservabilityParts {
  /** The triggers, as `TenantUserPool.triggers` has them. */
  readonly functions: Readonly<Record<TriggerName, WatchedFunction>>;
  /** The user pool that calls them. */
  readonly userPool: cognito.IUserPool;
  /**
   * The table.
   *
   * @default not watched here
   */
  readonly table?: dynamodb.ITable;
  /**
   * The custom resource's function.
   *
   * @default not watched
   */
  readonly registrar?: lambda.IFunction;
  /**
   * Names of alarms, queries and the dashboard begin with it; they stay the same from deployment to deployment.
   *
   * @default tenantry
   */
  readonly prefix?: string;
  /**
   * The metrics' namespace. Metric filters can put nothing into a dimension but fields of the line, so that two deployments in one account
   * differ by this.
   *
   * @default `Tenantry/` and the prefix
   */
  readonly namespace?: string;
  /**
   * Where the runbook can be read.
   *
   * @default docs/runbook.md
   */
  readonly runbook?: string;
  /**
   * Whom the alarms tell, when they go off and when it is over.
   *
   * @default nobody: they show on the dashboard alone
   */
  readonly alarmActions?: readonly cloudwatch.IAlarmAction[];
  /**
   * From which figures on.
   *
   * @default see {@link Thresholds}
   */
  readonly thresholds?: Thresholds;
  /**
   * Whether SES's bounce rate is watched. It is the whole account's, so that one deployment is enough.
   *
   * @default false
   */
  readonly watchBounces?: boolean;
}

/**
 * Watches a deployment.
 *
 * The log says per line what happened; metric filters make counts of it. Lambda's own `Errors` are not watched: a refusal is an error to Lambda, which
 * is how Cognito learns of it.
 */
export class Observability extends Construct {
  /** The alarms, by their names after the prefix, which are the sections of the runbook. */
  readonly alarms: Readonly<Record<string, cloudwatch.AlarmBase>>;
  /** The dashboard. */
  readonly dashboard: cloudwatch.Dashboard;
  /** The namespace of the counts. */
  readonly namespace: string;

  /**
   * Throws `ALARM_UNKNOWN` for an alarm to leave out that there is not.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what is watched
   */
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const prefix = props.prefix ?? "tenantry";
    const runbook = props.runbook ?? "docs/runbook.md";
    this.namespace = props.namespace ?? `Tenantry/${prefix}`;
    const functions = each(props, (watched) => watched.function);
    const logGroups = each(props, (watched) => watched.logGroup);
    const observed = { namespace: this.namespace, functions, userPool: props.userPool };
    const table = props.table === undefined ? {} : { table: props.table };

    new LineFilters(this, "Lines", { namespace: this.namespace, logGroups });
    this.alarms = new Alarms(this, "Alarms", {
      ...observed,
      ...table,
      ...(props.registrar !== undefined && { registrar: props.registrar }),
      prefix,
      runbook,
      thresholds: props.thresholds ?? {},
      actions: props.alarmActions ?? [],
      bounces: props.watchBounces ?? false,
      without: props.withoutAlarms ?? [],
    }).byKey;
    this.dashboard = dashboard(this, "Dashboard", {
      ...observed,
      ...table,
      prefix,
      runbook,
      logGroups,
      alarms: Object.values(this.alarms),
    });
    if (props.savedQueries ?? true) {
      new LogQueries(this, "Queries", { prefix, logGroups: Object.values(logGroups) });
    }
    tagForBill(prefix, props);
  }
}

function each<T>(props: ObservabilityProps, what: (watched: WatchedFunction) => T): Record<TriggerName, T> {
  return Object.fromEntries(triggerNames.map((trigger) => [trigger, what(props.functions[trigger])])) as Record<
    TriggerName,
    T
  >;
}

/**
 * Tags by which the bill can be split once they are activated as cost-allocation tags: the deployment, and which part of it. What was made elsewhere
 * and is only referred to keeps the tags that it has.
 */
function tagForBill(prefix: string, props: ObservabilityProps): void {
  const tag = (what: IConstruct, part: string) => {
    Tags.of(what).add("tenantry:deployment", prefix);
    Tags.of(what).add("tenantry:part", part);
  };
  for (const trigger of triggerNames) {
    tag(props.functions[trigger].function, trigger);
    tag(props.functions[trigger].logGroup, trigger);
  }
  tag(props.userPool, "user-pool");
  if (props.table !== undefined) tag(props.table, "table");
  if (props.registrar !== undefined) tag(props.registrar, "registrar");
}
