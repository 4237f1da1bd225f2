// cdk-nag (AwsSolutions) on every stack of every deployment: what it finds, and what was acknowledged with which reason.
// `npm run nag` prints it; `npm run nag -- --table` as the README shows it.

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

/** What was found in each deployment, by its name. */
export type Findings = Readonly<Record<string, readonly Finding[]>>;

/** Every deployment's findings. */
export function everyFinding(): Findings {
  return Object.fromEntries(
    Object.entries(deployments).map(([name, configuration]) => [name, findings(configuration)]),
  );
}

/** The findings for the README: each rule and reason once, with a place where it stands. */
export function asTable(found: Findings): string {
  const all = Object.values(found).flat();
  const open = all.filter(({ reason }) => reason === undefined).length;
  const rows = new Map<string, string[]>();
  for (const { rule, where, reason = "OPEN" } of all) {
    // Without the stage's name, which differs.
    const places = where.map((path) => path.replace(/^[^/]*\//, "").replace(/\/Resource$/, ""));
    const row = `${rule}|${reason}`;
    rows.set(row, [...(rows.get(row) ?? []), ...places]);
  }
  const lines = [...rows].map(([row, places]) => {
    const [rule = "", reason = ""] = row.split("|");
    const [first = "", ...others] = [...new Set(places)];
    return `| \`${rule.replace("AwsSolutions-", "")}\` | \`${first}\`${others.length > 0 ? ` and ${others.length} more` : ""} | ${reason} |`;
  });
  return [
    `${open} open, ${all.length - open} acknowledged in ${Object.keys(found).length} deployments (${Object.keys(found).join(", ")}).`,
    "",
    "| rule | at | because |",
    "|---|---|---|",
    ...lines,
  ].join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const every = everyFinding();
  if (process.argv.includes("--table")) console.log(asTable(every));
  for (const [name, found] of process.argv.includes("--table") ? [] : Object.entries(every)) {
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
