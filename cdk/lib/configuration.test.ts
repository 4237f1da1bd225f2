import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { deployments, folder } from "../test/synthesized.ts";
import { checked, readConfiguration } from "./configuration.ts";

const topic = "arn:aws:sns:eu-west-1:111122223333:alarms";
const sessions = { clients: ["a"] };
const orders = { name: "orders" };
const files = { name: "files.example" };
const pool = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01";

test("takes what the tests deploy, and nothing at all", () => {
  expect(Object.keys(checked({}))).toEqual([]);
  for (const configuration of Object.values(deployments)) expect(checked(configuration)).toEqual(configuration);
});

test("takes names that look odd and are none", () => {
  const written: unknown[] = [
    { region: "eusc-de-east-1" },
    { region: "us-gov-west-1" },
    { alarmTopics: [topic, topic.replace("eu-west-1", "eu-west-2")] },
    { sender: { from: "Acme <no-reply@mail.acme.example>", identity: "Acme.example" } },
    {
      sender: { from: "Acme <no-reply@acme.example>", identity: "No-Reply@acme.example", configurationSet: "codes_1" },
    },
    { claims: { tenant_id: ["tenant_id", "https://acme.example/tenant"], roles: [], permissions: null } },
    { claims: { tenant_id: "roles", roles: "tenant_id" } },
    { prefix: "acme", tableName: "acme" },
    { tableName: "Acme_1.table" },
    { observability: false },
    { observability: {} },
    { observability: { savedQueries: false, withoutAlarms: ["slow", "tokens-without-us"] } },
  ];
  for (const configuration of written) expect(checked(configuration)).toEqual(configuration);
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
    ["CONFIGURATION_TYPE", /`observability` is "no".*true or false/, { observability: "no" }],
    ["CONFIGURATION_TYPE", /`observability`/, { observability: null }],
    ["CONFIGURATION_UNKNOWN", /`observability.alarms`.*withoutAlarms/, { observability: { alarms: false } }],
    ["CONFIGURATION_TYPE", /`observability.savedQueries`/, { observability: { savedQueries: "no" } }],
    [
      "CONFIGURATION_TYPE",
      /`observability.withoutAlarms\[1\]`/,
      { observability: { withoutAlarms: ["slow", "slow"] } },
    ],
    ["CONFIGURATION_TYPE", /`codeMinutes` is 16/, { codeMinutes: 16 }],
    ["CONFIGURATION_TYPE", /`account`/, { account: 111122223333 }],
    ["CONFIGURATION_TYPE", /`region`/, { region: "Ireland" }],
    ["CONFIGURATION_TYPE", /`prefix`/, { prefix: "Tenantry!" }],
    ["CONFIGURATION_TYPE", /`adoptedPools\[1\]`/, { adoptedPools: [pool, "eu-west-1_Example01"] }],
    ["CONFIGURATION_TYPE", /`adoptedPools\[1\]`.*in the list yet/, { adoptedPools: [pool, pool] }],
    ["CONFIGURATION_TYPE", /`alarmTopics\[1\]`.*in the list yet/, { alarmTopics: [topic, topic] }],
    ["CONFIGURATION_TYPE", /`isolation.tables\[1\]`/, { isolation: { ...sessions, tables: [orders, orders] } }],
    ["CONFIGURATION_TYPE", /`isolation.buckets\[1\]`/, { isolation: { ...sessions, buckets: [files, files] } }],
    ["CONFIGURATION_TYPE", /`isolation.clients\[1\]`/, { isolation: { clients: ["a", "a"] } }],
    ["CONFIGURATION_TYPE", /a bucket's name/, { isolation: { ...sessions, buckets: [{ name: "Files_1" }] } }],
    ["CONFIGURATION_TYPE", /a bucket's name/, { isolation: { ...sessions, buckets: [{ name: "fil*" }] } }],
    ["CONFIGURATION_TYPE", /a table's name/, { isolation: { ...sessions, tables: [{ name: "*" }] } }],
    ["CONFIGURATION_TYPE", /an index's name/, { isolation: { ...sessions, tables: [{ ...orders, indexes: ["*"] }] } }],
    ["CONFIGURATION_TYPE", /a role's ARN/, { isolation: { brokerRole: "arn:aws:iam::111122223333:role/*" } }],
    ["CONFIGURATION_TYPE", /VersionId/, { codeKey: { version: "a:b}}{{resolve:ssm:x" } }],
    ["CONFIGURATION_TYPE", /`prefix`/, { prefix: "ab", tableName: "orders" }],
    ["CONFIGURATION_TYPE", /`tags: a key`.*AWS's own/, { tags: { "aws:team": "x" } }],
    ["CONFIGURATION_TYPE", /`tags: a key` is ""/, { tags: { "": "x" } }],
    ["CONFIGURATION_TYPE", /without line ends/, { tracing: "a\nb" }],
    ["CONFIGURATION_TYPE", /references/, { disposable: "{{resolve:ssm:x}}" }],
    ["TAGS_MANY", /49 tags/, { tags: Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`t${at}`, "x"])) }],
    ["NAMES_TOGETHER", /"acme".*deployment that is live/, { prefix: "acme" }],
    ["REGION_MISSING", /`poolSender`/, { poolSender: "a@b.example" }],
    ["ISOLATION_OWN_TABLE", /tenantry/, { isolation: { ...sessions, tables: [{ name: "tenantry" }] } }],
    ["ISOLATION_OWN_TABLE", /acme/, { tableName: "acme", isolation: { ...sessions, tables: [{ name: "acme" }] } }],
    [
      "CONFIGURATION_TYPE",
      /Bcc.*without line ends/,
      { sender: { from: "Acme\r\nBcc: evil@evil.example <a@b.example>" } },
    ],
    ["CONFIGURATION_TYPE", /resolve/, { sender: { from: "{{resolve:ssm:x}} <a@b.example>" } }],
    ["SENDER_UNUSABLE", /"\*@b.example"/, { sender: { from: "*@b.example" } }],
    ["SENDER_IDENTITY", /"\*"/, { sender: { from: "a@b.example", identity: "*" } }],
    ["SENDER_IDENTITY", /"example"/, { sender: { from: "a@b.example", identity: "example" } }],
    ["SENDER_IDENTITY", /"other.example"/, { poolSender: { from: "a@b.example", identity: "other.example" } }],
    ["SENDER_CONFIGURATION_SET", /"\*"/, { sender: { from: "a@b.example", configurationSet: "*" } }],
    ["CONFIGURATION_TYPE", /`customerKey`/, { customerKey: "yes" }],
    ["CONFIGURATION_TYPE", /`disposable`/, { disposable: true }],
    ["CONFIGURATION_TYPE", /`tracing`/, { tracing: "" }],
    ["CONFIGURATION_TYPE", /`claims.roles.shape`/, { claims: { roles: { name: "roles", shape: "csv" } } }],
    ["CONFIGURATION_TYPE", /`tags.team`/, { tags: { team: 1 } }],
    ["CONFIGURATION_MISSING", /`sender.from`/, { sender: { identity: "b.example" } }],
    ["CONFIGURATION_MISSING", /`isolation.tables\[0\].name`/, { isolation: { clients: ["a"], tables: [{}] } }],
    ["SENDER_UNUSABLE", /"nobody"/, { sender: "nobody" }],
    ["CLAIM_UNKNOWN", /"tenant"/, { claims: { tenant: "x" } }],
    ["CLAIM_NAME", /"sub" is no name for tenant_id/, { claims: { tenant_id: "sub" } }],
    ["CLAIM_NAME", /cognito:/, { claims: { roles: ["roles", "cognito:groups"] } }],
    ["CLAIM_NAME", /a b/, { claims: { roles: { name: "a b", shape: "list" } } }],
    ["CLAIM_NAME", /…/, { claims: { roles: "x".repeat(101) } }],
    ["CLAIM_NAME", /é/, { claims: { roles: "rolé" } }],
    ["CLAIM_TWICE", /"a" would stand for tenant_id and for roles\./, { claims: { tenant_id: "a", roles: "a" } }],
    ["CLAIM_TWICE", /tenant_id/, { claims: { roles: "tenant_id" } }],
    ["CLAIM_TWICE", /which keeps its own name/, { claims: { tenant_id: "permissions" } }],
    ["CLAIM_TWICE", /roles and for roles/, { claims: { roles: ["a", "a"] } }],
    ["CLAIMS_LONG", /2048/, { claims: { roles: Array.from({ length: 30 }, (_, at) => `${at}${"x".repeat(90)}`) } }],
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
