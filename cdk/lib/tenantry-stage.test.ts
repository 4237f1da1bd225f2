import { Annotations, Match } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { app, deployments } from "../test/synthesized.ts";
import type { Configuration } from "./configuration.ts";
import { TenantryStage } from "./tenantry-stage.ts";

const pool = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01";

function warnings(more: Configuration): unknown[] {
  const { identity } = new TenantryStage(app(), { ...deployments["plain"], ...more });
  return Annotations.fromStack(identity).findWarning("*", Match.stringLikeRegexp("tenantry:PoolLeft"));
}

test.each<[string, Configuration]>([
  ["nothing is said of pools", { createPool: false }],
  ["an empty list is", { createPool: false, adoptedPools: [] }],
])("functions that no pool may call are warned of where %s", (_, more) => {
  expect(warnings(more)).toHaveLength(1);
});

test.each<[string, Configuration]>([
  ["a pool is adopted", { createPool: false, adoptedPools: [pool] }],
  ["a pool is made", {}],
  ["both are", { adoptedPools: [pool] }],
])("and not where %s", (_, more) => {
  expect(warnings(more)).toEqual([]);
});
