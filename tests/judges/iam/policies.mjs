// The policies that the judge is asked about: those of a synthesized IsolationStack.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const cdk = fileURLToPath(new URL("../../../cdk/", import.meta.url));

/** What `cdk/test/isolation-template.ts` prints, run by the tsx of `cdk/`. */
export function synthesized() {
  const printed = execFileSync(process.execPath, ["--import", "tsx", "test/isolation-template.ts"], {
    cwd: cdk,
    encoding: "utf8",
  });
  return JSON.parse(printed);
}
