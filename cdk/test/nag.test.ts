import { describe, expect, test } from "vitest";
import { findings } from "./nag-report.ts";
import { deployments } from "./synthesized.ts";

describe.each(Object.entries(deployments))("cdk-nag on the deployment %s", (_, configuration) => {
  test("finds nothing that is not explained", () => {
    const open = findings(configuration).filter(({ reason }) => reason === undefined || reason.length < 40);
    expect(open).toEqual([]);
  });
});

test("cdk-nag would find a pool whose passwords may be short", () => {
  // The judge itself: were it silent, the tests above could not fail.
  const explained = findings(deployments["plain"] ?? {}).map(({ rule }) => rule);
  expect(explained).toContain("AwsSolutions-SMG4");
});
