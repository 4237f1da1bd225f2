// Every stack as it was last looked at. A difference here is a difference of somebody's next deployment: look at it, then `npx vitest run -u`.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployments, templates } from "./synthesized.ts";

describe.each(["plain", "everything"])("the deployment %s", (name) => {
  const found = templates(deployments[name] ?? {});
  test.each(Object.keys(found))("has the stack %s as it was", async (stack) => {
    const path = join(import.meta.dirname, "snapshots", `${name}-${stack.toLowerCase()}.json`);
    await expect(`${JSON.stringify(found[stack], null, 2)}\n`).toMatchFileSnapshot(path);
  });
});
