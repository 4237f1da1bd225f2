// cdk-nag (AwsSolutions) on every stack of every deployment: what it finds, and what was acknowledged with which reason.
// `npm run nag` prints it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { Configuration } from "../lib/configuration.ts";
import { TenantryStage } from "../lib/tenantry-stage.ts";
import { app, deployments } from "./synthesized.ts";

/** One finding, acknowledged or not. */
export interface Finding {
  readonly rule: string;
  readonly what: string;
  readonly where: readonly string[];
  /** Why it stands; absent if nobody said. */
  readonly reason?: string | undefined;
}

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
  readonly reason?: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Violation[];
    readonly suppressedViolations?: readonly Violation[];
  }[];
}

/** What cdk-nag says of one deployment. */
export function findings(configuration: Configuration): Finding[] {
  const application = app();
  Validations.of(application).addPlugins(new AwsSolutionsChecks(application));
  new TenantryStage(application, configuration);
  try {
    application.synth();
  } catch (error) {
    // What is left is in the report; anything else is not about findings.
    if (!String(error).includes("Validation failed")) throw error;
  }
  const report: Report = JSON.parse(readFileSync(join(application.outdir, "validation-report.json"), "utf8"));
  const nag = report.pluginReports.filter((plugin) => plugin.pluginName === "AwsSolutions");
  if (nag.length === 0) throw new Error("cdk-nag did not run");
  return nag
    .flatMap(({ violations, suppressedViolations = [] }) => [...violations, ...suppressedViolations])
    .map(({ ruleName, description, violatingConstructs, reason }) => ({
      rule: ruleName,
      what: description,
      where: violatingConstructs.map(({ constructPath }) => constructPath),
      reason,
    }));
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, configuration] of Object.entries(deployments)) {
    const found = findings(configuration);
    const open = found.filter(({ reason }) => reason === undefined);
    console.log(`\n${name}: ${open.length} open, ${found.length - open.length} acknowledged`);
    for (const { rule, what, where, reason } of found) {
      console.log(`  ${rule}  ${what}`);
      for (const path of where) console.log(`    at ${path}`);
      console.log(`    ${reason === undefined ? "OPEN" : `because: ${reason}`}`);
    }
    if (open.length > 0) process.exitCode = 1;
  }
}
