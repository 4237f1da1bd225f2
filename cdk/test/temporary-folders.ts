// Assemblies and assets of the tests go into one folder, which is removed at their end: CDK leaves its own behind.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Vitest calls it once, before any worker starts; what it returns, at the end. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-cdk-"));
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
