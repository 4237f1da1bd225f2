/**
 * What is counted in the functions' log lines. The names of the fields are Rust's: the tests hold every pattern against lines that the
 * binaries wrote (`log.samples` in `facts.json`).
 *
 * @module
 */
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { pascal, type TriggerName, triggerNames } from "../facts.ts";

/** One count, made in the log of every trigger that it names. */
export interface LineCount {
  /** The metric's name. */
  readonly metricName: string;
  /** Which lines are counted. */
  readonly pattern: logs.IFilterPattern;
  /** Fields that become dimensions, by the names of the dimensions. A tenant is never one: each value of a dimension is a metric that is paid for. */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** In whose logs; in everybody's if it is left out. */
  readonly triggers?: readonly TriggerName[];
}

/**
 * The counts. With every code and every outcome seen at least once they are some 60 custom metrics; a quiet deployment has about 25. CloudWatch allows
 * no default value beside dimensions, so that a count that never came is missing rather than zero.
 */
export const lineCounts = {
  /** Something broke: the table, the mail, the settings, an event that cannot be read. */
  broken: { metricName: "Broken", pattern: logs.FilterPattern.stringValue("$.message", "=", "broken") },
  /** The process ended: a time-out or a panic. Lambda's own lines, which are plain text. */
  crashed: {
    metricName: "Crashed",
    pattern: logs.FilterPattern.anyTerm("Task timed out after", "Runtime exited", "Runtime.ExitError"),
  },
  /** What people were refused, in all. */
  refused: { metricName: "Refused", pattern: logs.FilterPattern.stringValue("$.message", "=", "refused") },
  /** What people read, by code: refusals, and `TRY_AGAIN` where something broke. */
  codes: { metricName: "Codes", pattern: logs.FilterPattern.exists("$.code"), dimensions: { code: "$.code" } },
  /**
   * What would have been refused: clients that observe, and sign-ups that were confirmed already. Not whose token would speak of no tenant: they
   * would get it.
   */
  would: {
    metricName: "WouldRefuse",
    pattern: logs.FilterPattern.all(
      logs.FilterPattern.exists("$.would"),
      logs.FilterPattern.stringValue("$.decision", "!=", "observed: no tenant"),
    ),
    dimensions: { code: "$.would" },
  },
  /** Every line, by trigger and outcome: answered, refused, broken. */
  lines: {
    metricName: "Lines",
    pattern: logs.FilterPattern.all(logs.FilterPattern.exists("$.trigger"), logs.FilterPattern.exists("$.message")),
    dimensions: { trigger: "$.trigger", outcome: "$.message" },
  },
  /** Whom the first token enrolled because post confirmation had not. */
  enrolledLate: {
    metricName: "EnrolledLate",
    pattern: logs.FilterPattern.stringValue("$.decision", "=", "enrolled late"),
    triggers: ["pre-token-generation"],
  },
} as const satisfies Record<string, LineCount>;

/** What the filters need. */
export interface LineFiltersProps {
  /** The metrics' namespace. */
  readonly namespace: string;
  /** Where each trigger writes. */
  readonly logGroups: Readonly<Record<TriggerName, logs.ILogGroup>>;
}

/** The metric filters on the triggers' log groups. */
export class LineFilters extends Construct {
  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what the filters need
   */
  constructor(scope: Construct, id: string, props: LineFiltersProps) {
    super(scope, id);
    for (const count of Object.values<LineCount>(lineCounts)) {
      for (const trigger of count.triggers ?? triggerNames) {
        new logs.MetricFilter(this, `${pascal(trigger)}${count.metricName}`, {
          logGroup: props.logGroups[trigger],
          metricNamespace: props.namespace,
          metricName: count.metricName,
          filterPattern: count.pattern,
          metricValue: "1",
          ...(count.dimensions !== undefined && { dimensions: { ...count.dimensions } }),
        });
      }
    }
  }
}
