/**
 * Questions to the logs, saved where CloudWatch Logs Insights lists them. `docs/runbook.md` names them.
 *
 * @module
 */
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

/** The questions, by their names after the prefix. */
export const logQueries = {
  broken: `fields @timestamp, trigger, source, cause, tenant, calls, ms
| filter message in ["broken", "panicked"]
| sort @timestamp desc
| limit 200`,
  "broken by cause": `filter message = "broken"
| stats count(*) as times, min(@timestamp) as first, max(@timestamp) as last by trigger, cause
| sort times desc`,
  crashed: `fields @timestamp, @log, @message
| filter @message like /Task timed out|Runtime exited|Runtime.ExitError|panicked/
| sort @timestamp desc
| limit 200`,
  "refused by code": `filter ispresent(code)
| stats count(*) as times by code, trigger, source
| sort times desc`,
  "refused by tenant": `filter ispresent(code)
| stats count(*) as times by tenant, client, code
| sort times desc
| limit 200`,
  "would be refused": `filter ispresent(would) and decision != "observed: no tenant"
| stats count(*) as times by client, would, trigger
| sort times desc`,
  "enrolled late": `filter decision = "enrolled late"
| stats count(*) as times by tenant, client, source
| sort times desc`,
  "post confirmation": `filter trigger = "post-confirmation"
| stats count(*) as times by message, decision, would
| sort times desc`,
  decisions: `stats count(*) as times by trigger, decision
| sort trigger asc, times desc`,
  slow: `filter ms > 500
| stats count(*) as times, max(ms) as longest, max(calls) as most_calls by trigger, decision
| sort longest desc`,
  starts: `filter @type = "REPORT" and ispresent(@initDuration)
| stats count(*) as starts, pct(@initDuration, 99) as init_p99, max(@maxMemoryUsed / 1000000) as peak_mb by @log`,
} as const;

/** What the saved queries need. */
export interface LogQueriesProps {
  /** Their names begin with it, as a folder. */
  readonly prefix: string;
  /** Which logs they read. */
  readonly logGroups: readonly logs.ILogGroup[];
}

/** The saved queries. */
export class LogQueries extends Construct {
  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what they need
   */
  constructor(scope: Construct, id: string, props: LogQueriesProps) {
    super(scope, id);
    const logGroupNames = props.logGroups.map((group) => group.logGroupName);
    for (const [name, queryString] of Object.entries(logQueries)) {
      const words = name.split(" ").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
      new logs.CfnQueryDefinition(this, words.join(""), {
        name: `${props.prefix}/${name}`,
        queryString,
        logGroupNames,
      });
    }
  }
}
