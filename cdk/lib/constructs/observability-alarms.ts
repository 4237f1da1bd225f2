/**
 * The alarms. Each has a name that stays, a section of its own in `docs/runbook.md`, and a word on what missing data means.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { refused } from "../refusal.ts";
import { lineCounts } from "./observability-filters.ts";
import {
  countOfPool,
  lines,
  type Observed,
  ofEach,
  tableErrors,
  tableThrottles,
  together,
} from "./observability-metrics.ts";

/** From which figure on somebody is told. */
export interface Thresholds {
  /** Broken lines within five minutes. One may be a passing trouble of the table; the person was asked to try again. @default 3 */
  readonly broken?: number;
  /** Refusals within five minutes, twice within a quarter of an hour. What is usual differs from product to product. @default 100 */
  readonly refused?: number;
  /** Lines with one code within five minutes. Codes that are left out have no alarm. @default {@link usualCodes} */
  readonly codes?: Readonly<Record<string, number>>;
  /** The slowest function's 99th percentile, in milliseconds; Cognito gives up at 5000. @default 2500 */
  readonly slow?: number;
  /** Late enrolments within an hour. Invitations of people who have an account, users that an administrator made, and adoption are late too. @default 25 */
  readonly enrolledLate?: number;
  /** The share of bounced mails, of the whole account; SES reviews an account at 0.05. @default 0.03 */
  readonly bounces?: number;
}

/**
 * Codes that speak of us or of an attack rather than of one person. `TRY_AGAIN` is what people read when something broke; the next three follow from how
 * the deployment is set up; the last two from guesses at codes.
 */
export const usualCodes: Readonly<Record<string, number>> = {
  TRY_AGAIN: 5,
  CLIENT_NOT_BOUND: 10,
  UNSUPPORTED_EVENT: 10,
  CLAIMS_TOO_LARGE: 1,
  TOO_MANY_CODES: 50,
  SIGN_IN_LOCKED: 20,
};

/** What the alarms watch. */
export interface AlarmsProps extends Observed {
  /** The alarms' names begin with it. */
  readonly prefix: string;
  /** Where the runbook is; an alarm's section is its name after the prefix. */
  readonly runbook: string;
  /** From which figure on. */
  readonly thresholds: Thresholds;
  /** Whom they tell. */
  readonly actions: readonly cloudwatch.IAlarmAction[];
  /** The table, if it is watched too. */
  readonly table?: dynamodb.ITable;
  /** The custom resource's function, if there is one. */
  readonly registrar?: lambda.IFunction;
  /** Whether the account's bounces are watched too. */
  readonly bounces: boolean;
  /** Those that are not made, by key. */
  readonly without: readonly string[];
}

/** One alarm. */
interface Definition {
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** @default the figure reaches the threshold */
  readonly compares?: cloudwatch.ComparisonOperator;
  /** What it means that there is no figure. @default nothing bad */
  readonly silence?: cloudwatch.TreatMissingData;
  /** So many of so many periods. @default the first */
  readonly of?: readonly [number, number];
  /** What it means, in one sentence. */
  readonly means: string;
}

const five = Duration.minutes(5);

/** Every alarm, by its name after the prefix. */
export class Alarms extends Construct {
  /** By key: the name after the prefix, which is the section of the runbook. */
  readonly byKey: Readonly<Record<string, cloudwatch.AlarmBase>>;

  /**
   * Throws `ALARM_UNKNOWN` for one to leave out that there is not.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what they watch
   */
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const definitions = { ...ofLines(props), ...ofFunctions(props), ...ofOthers(props) };
    const known = [...Object.keys(definitions), withoutUs];
    const unknown = props.without.find((key) => !known.includes(key));
    if (unknown !== undefined) {
      refused(
        "ALARM_UNKNOWN",
        `There is no alarm ${JSON.stringify(unknown)} to leave out. There are ${known.join(", ")}.`,
      );
    }
    const wanted = known.filter((key) => !props.without.includes(key));
    const alarms = wanted.map((key) => {
      const definition = definitions[key];
      const alarm = definition === undefined ? this.#withoutUs(props) : this.#alarm(key, definition, props);
      tell(alarm, props);
      return [key, alarm] as const;
    });
    this.byKey = Object.fromEntries(alarms);
  }

  #alarm(key: string, definition: Definition, props: AlarmsProps): cloudwatch.Alarm {
    const [breaching, periods] = definition.of ?? [1, 1];
    return new cloudwatch.Alarm(this, key, {
      alarmName: `${props.prefix}-${key}`,
      alarmDescription: `${definition.means} ${props.runbook}#${key}`,
      metric: definition.metric,
      threshold: definition.threshold,
      comparisonOperator: definition.compares ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: breaching,
      // Most figures count something bad and are missing where nothing was counted.
      treatMissingData: definition.silence ?? cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /**
   * Tokens, and nobody asked us. Three alarms that tell nobody, and one over them: Cognito counts for each app client, clients come and go, so that only a query
   * sums them; and one alarm may not hold a query beside another metric.
   */
  #withoutUs(props: AlarmsProps): cloudwatch.CompositeAlarm {
    const half = Duration.minutes(30);
    const part = (name: string, definition: Omit<Definition, "means">) =>
      this.#alarm(
        `${withoutUs}-${name}`,
        { ...definition, means: `A part of ${props.prefix}-${withoutUs}, which tells people.` },
        props,
      );
    const signedIn = part("signed-in", { metric: countOfPool(props, "SignInSuccesses", half), threshold: 1 });
    const refreshed = part("refreshed", { metric: countOfPool(props, "TokenRefreshSuccesses", half), threshold: 1 });
    const calls = props.functions["pre-token-generation"].metricInvocations({
      statistic: cloudwatch.Stats.SUM,
      period: half,
    });
    const neverAsked = part("never-asked", {
      metric: calls,
      threshold: 1,
      compares: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      // An hour: the call and Cognito's count of a lone sign-in may fall on two sides of a period's edge.
      of: [2, 2],
      // A function that is not called has no figures, which is what this is about.
      silence: cloudwatch.TreatMissingData.BREACHING,
    });
    const is = (alarm: cloudwatch.IAlarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM);
    return new cloudwatch.CompositeAlarm(this, withoutUs, {
      compositeAlarmName: `${props.prefix}-${withoutUs}`,
      alarmDescription: `The user pool gave out tokens without asking pre token generation: nobody checked a membership. ${props.runbook}#${withoutUs}`,
      alarmRule: cloudwatch.AlarmRule.allOf(cloudwatch.AlarmRule.anyOf(is(signedIn), is(refreshed)), is(neverAsked)),
    });
  }
}

const withoutUs = "tokens-without-us";

function tell(alarm: cloudwatch.AlarmBase, props: AlarmsProps): void {
  alarm.addAlarmAction(...props.actions);
  alarm.addOkAction(...props.actions);
}

function ofLines(props: AlarmsProps): Record<string, Definition> {
  const { thresholds } = props;
  const ofCode = ([code, threshold]: readonly [string, number]): [string, Definition] => [
    `code-${code.toLowerCase().replaceAll("_", "-")}`,
    {
      metric: lines(props, lineCounts.codes.metricName, five, { code }),
      threshold,
      means: `People read ${code} more often than usual.`,
    },
  ];
  return {
    broken: {
      metric: lines(props, lineCounts.broken.metricName, five),
      threshold: thresholds.broken ?? 3,
      means: "Triggers could not do their work: people were asked to try again.",
    },
    crashed: {
      metric: lines(props, lineCounts.crashed.metricName, five),
      threshold: 1,
      means: "A trigger's process ended or ran out of time: somebody saw words of Lambda or Cognito.",
    },
    refused: {
      metric: lines(props, lineCounts.refused.metricName, five),
      threshold: thresholds.refused ?? 100,
      of: [2, 3],
      means: "Many people are refused.",
    },
    ...Object.fromEntries(Object.entries(thresholds.codes ?? usualCodes).map(ofCode)),
    "enrolled-late": {
      metric: lines(props, lineCounts.enrolledLate.metricName, Duration.hours(1)),
      threshold: thresholds.enrolledLate ?? 25,
      means: "Many people became members only at their first token: post confirmation may be broken or not attached.",
    },
  };
}

function ofFunctions(props: AlarmsProps): Record<string, Definition> {
  const longest = ofEach(props, (each) =>
    each.metricDuration({ statistic: cloudwatch.Stats.percentile(99), period: five }),
  );
  const throttles = ofEach(props, (each) => each.metricThrottles({ statistic: cloudwatch.Stats.SUM, period: five }));
  return {
    slow: {
      metric: together("MAX", longest, five, "slowest trigger, p99"),
      threshold: props.thresholds.slow ?? 2500,
      compares: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      of: [2, 3],
      means: "A trigger's slowest answers come close to the 5 seconds after which Cognito gives up.",
    },
    throttled: {
      metric: together("SUM", throttles, five, "throttled"),
      threshold: 1,
      means: "Lambda turned calls of Cognito away: those people could not sign up or in.",
    },
  };
}

function ofOthers(props: AlarmsProps): Record<string, Definition> {
  const all: Record<string, Definition> = {};
  if (props.table !== undefined) {
    all["table-throttled"] = {
      metric: tableThrottles(props.table, five),
      threshold: 1,
      of: [2, 3],
      means: "DynamoDB turned requests to the table away.",
    };
    all["table-errors"] = {
      metric: tableErrors(props.table, five),
      threshold: 3,
      means: "DynamoDB failed at requests to the table.",
    };
  }
  if (props.registrar !== undefined) {
    all["registrar-failed"] = {
      metric: props.registrar.metricErrors({ statistic: cloudwatch.Stats.SUM, period: five }),
      threshold: 1,
      means: "The custom resource's function ended with an error: a deployment may be waiting for its answer.",
    };
  }
  if (props.bounces) {
    all["mail-bounces"] = {
      metric: new cloudwatch.Metric({
        namespace: "AWS/SES",
        metricName: "Reputation.BounceRate",
        statistic: cloudwatch.Stats.AVERAGE,
        period: Duration.hours(1),
      }),
      threshold: props.thresholds.bounces ?? 0.03,
      means: "Many mails of this account bounce: SES may stop sending, and codes with it.",
    };
  }
  return all;
}
