// What `cdk` runs: the stages, and nothing else. What is in them, `tenantry.json` says.

import { App } from "aws-cdk-lib";
import { readConfiguration } from "../lib/configuration.ts";
import { Refused } from "../lib/refusal.ts";
import { TenantryStage } from "../lib/tenantry-stage.ts";

try {
  const app = new App();
  new TenantryStage(app, readConfiguration(app));
  app.synth();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  // What somebody wrote is wrong, not this program: a sentence, not a stack trace.
  console.error(error.message);
  process.exitCode = 1;
}
