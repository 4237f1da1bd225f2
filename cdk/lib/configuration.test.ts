import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { deployments, folder } from "../test/synthesized.ts";
import { checked, readConfiguration } from "./configuration.ts";

const pool = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01";

test("takes what the tests deploy, and nothing at all", () => {
  expect(Object.keys(checked({}))).toEqual([]);
  for (const configuration of Object.values(deployments)) expect(checked(configuration)).toEqual(configuration);
});

describe("refuses", () => {
  const refusals: [code: string, says: RegExp, written: unknown][] = [
    ["CONFIGURATION_UNKNOWN", /no setting `sendr`.*sender/, { sendr: "a@b.example" }],
    ["CONFIGURATION_UNKNOWN", /no setting `sender.form`/, { sender: { from: "a@b.example", form: "x" } }],
    ["CONFIGURATION_UNKNOWN", /no setting `toString`/, { toString: "x" }],
    ["CONFIGURATION_TYPE", /the configuration/, []],
    ["CONFIGURATION_TYPE", /the configuration/, null],
    ["CONFIGURATION_TYPE", /`plan` is "gold".*lite, essentials, plus/, { plan: "gold" }],
    ["CONFIGURATION_TYPE", /`memorySize` is 64.*128 to 10240/, { memorySize: 64 }],
    ["CONFIGURATION_TYPE", /`memorySize` is "256"/, { memorySize: "256" }],
    ["CONFIGURATION_TYPE", /`selfSignUp` is "yes".*true or false/, { selfSignUp: "yes" }],
    ["CONFIGURATION_TYPE", /`codeMinutes` is 16/, { codeMinutes: 16 }],
    ["CONFIGURATION_TYPE", /`account`/, { account: 111122223333 }],
    ["CONFIGURATION_TYPE", /`region`/, { region: "Ireland" }],
    ["CONFIGURATION_TYPE", /`prefix`/, { prefix: "Tenantry!" }],
    ["CONFIGURATION_TYPE", /`adoptedPools\[1\]`/, { adoptedPools: [pool, "eu-west-1_Example01"] }],
    ["CONFIGURATION_TYPE", /`customerKey`/, { customerKey: "yes" }],
    ["CONFIGURATION_TYPE", /`disposable`/, { disposable: true }],
    ["CONFIGURATION_TYPE", /`tracing`/, { tracing: "" }],
    ["CONFIGURATION_TYPE", /`claims.roles.shape`/, { claims: { roles: { name: "roles", shape: "csv" } } }],
    ["CONFIGURATION_TYPE", /`tags.team`/, { tags: { team: 1 } }],
    ["CONFIGURATION_MISSING", /`sender.from`/, { sender: { identity: "b.example" } }],
    ["CONFIGURATION_MISSING", /`isolation.tables\[0\].name`/, { isolation: { clients: ["a"], tables: [{}] } }],
    ["SENDER_UNUSABLE", /"nobody"/, { sender: "nobody" }],
    ["CLAIM_UNKNOWN", /"tenant"/, { claims: { tenant: "x" } }],
    ["PLAN_TOKEN_VERSION", /lite.*V2/, { plan: "lite", tokenVersion: "V2" }],
    ["PLAN_THREAT_PROTECTION", /plus/, { threatProtection: "audit" }],
    ["POOL_SETTING", /`mfa`/, { createPool: false, mfa: "optional" }],
    ["POOL_NONE", /TenantIsolation/, { createPool: false, isolation: { clients: ["a"] } }],
    ["ISOLATION_TOKEN_VERSION", /V1/, { plan: "lite", isolation: { clients: ["a"] } }],
    ["ISOLATION_NOBODY", /brokerRole/, { isolation: { clients: [] } }],
  ];
  test.each(refusals)("%s %s", (code, says, written) => {
    const refusal = () => checked(written);
    expect(refusal).toThrow(expect.objectContaining({ code }));
    expect(refusal).toThrow(says);
    // What to do is said, too.
    expect(refusal).toThrow(/Put |Choose |Leave |Known are |Name |Use /);
  });
});

describe("reads", () => {
  const file = (content: string) => {
    const path = join(folder(), "tenantry.json");
    writeFileSync(path, content);
    return path;
  };
  const read = (context: Record<string, unknown>) => readConfiguration(new App({ context, outdir: folder() }));

  test("the file that is named, with folders relative to it", () => {
    const tenantry = file('{ "plan": "plus", "functions": "binaries", "sender": "a@b.example" }');
    expect(read({ tenantry })).toEqual({
      plan: "plus",
      functions: tenantry.replace("tenantry.json", "binaries"),
      sender: { from: "a@b.example" },
    });
  });

  test("the command line over the file, where JSON is meant as such and an account is text", () => {
    const tenantry = file('{ "plan": "plus", "memorySize": 512 }');
    const over = {
      "tenantry:plan": "lite",
      "tenantry:selfSignUp": "false",
      "tenantry:account": "111122223333",
      "tenantry:tags": '{"a":"b"}',
    };
    expect(read({ tenantry, ...over })).toMatchObject({
      plan: "lite",
      memorySize: 512,
      selfSignUp: false,
      account: "111122223333",
      tags: { a: "b" },
    });
  });

  test("nothing, where nothing is written: the binaries are looked for where cargo-lambda leaves them", () => {
    expect(Object.keys(read({}))).toEqual(["functions"]);
    expect(read({}).functions).toMatch(/target\/lambda$/);
  });

  test("no file that is named and not there, or is no JSON", () => {
    for (const tenantry of ["/nowhere/tenantry.json", file("{ plan: plus }")]) {
      expect(() => read({ tenantry })).toThrow(expect.objectContaining({ code: "CONFIGURATION_UNREADABLE" }));
    }
    expect(() => read({ tenantry: file('{ "plans": 1 }') })).toThrow(
      expect.objectContaining({ code: "CONFIGURATION_UNKNOWN" }),
    );
    expect(() => read({ "tenantry:plans": "x" })).toThrow(expect.objectContaining({ code: "CONFIGURATION_UNKNOWN" }));
  });
});
