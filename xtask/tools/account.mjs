// An app for `cdk list` that describes nothing: it writes down which account cdk found credentials for.
// cdk sets CDK_DEFAULT_ACCOUNT only after AWS told whose they are [AWS CDK Guide: Configure environments].
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const output = process.env.CDK_OUTDIR;
mkdirSync(output, { recursive: true });
writeFileSync(join(output, "account"), process.env.CDK_DEFAULT_ACCOUNT ?? "");
writeFileSync(join(output, "manifest.json"), JSON.stringify({ version: "38.0.0", artifacts: {} }));
