import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import * as kms from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { built } from "../../test/synthesized.ts";
import { facts, type TriggerName, triggerNames } from "../facts.ts";
import { FunctionCode } from "../function-code.ts";
import { CodeKey } from "./code-key.ts";
import { TenantTable } from "./tenant-table.ts";
import { TriggerFunction, type TriggerFunctionProps } from "./trigger-function.ts";

const binaries = built();
const sender = { from: "Acme <no-reply@acme.example>" };

function made(trigger: TriggerName, props: Partial<TriggerFunctionProps> = {}, stack = new Stack(new App(), "Stack")) {
  const table = new TenantTable(stack, "Table");
  const codeKey = new CodeKey(stack, "CodeKey");
  const code = FunctionCode.folder(binaries);
  const made = new TriggerFunction(stack, "Trigger", { trigger, table, codeKey, code, sender, ...props });
  return { made, stack, template: Template.fromStack(stack) };
}

interface Written {
  readonly Sid: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function policy(template: Template): Record<string, Written> {
  const [found] = Object.values(template.findResources("AWS::IAM::Policy"));
  const written: Written[] = found?.["Properties"].PolicyDocument.Statement;
  return Object.fromEntries(written.map((statement) => [statement.Sid, statement]));
}

function variables(template: Template): Record<string, unknown> {
  return Object.values(template.findResources("AWS::Lambda::Function"))[0]?.["Properties"].Environment.Variables;
}

describe.each(triggerNames)("%s", (trigger) => {
  const { read, write, reads, writes, mail } = facts.triggers[trigger];

  test("reads and writes the base table as its binary does, and never the index", () => {
    const { WriteTable, WriteOwnLog, SendCodes, ...reading } = policy(made(trigger).template);
    const table = { "Fn::GetAtt": [expect.stringMatching(/^Table/), "Arn"] };
    expect(Object.values(reading).map(({ Action }) => Action)).toEqual(read);
    for (const { Resource } of Object.values(reading)) expect(Resource).toEqual(table);
    expect([WriteTable?.Action ?? []].flat()).toEqual(write);
    if (write.length > 0) expect(WriteTable?.Resource).toEqual(table);
    expect([WriteOwnLog !== undefined, SendCodes !== undefined]).toEqual([true, mail]);
  });

  test("reaches the kinds of items alone that its binary was seen to use, and none without a key", () => {
    const { WriteTable, WriteOwnLog, SendCodes, ...reading } = policy(made(trigger).template);
    const condition = (kinds: readonly string[]) => ({
      "ForAllValues:StringLike": {
        "dynamodb:LeadingKeys": kinds.map((kind) => (kind.endsWith("#") ? `${kind}*` : kind)),
      },
      Null: { "dynamodb:LeadingKeys": "false" },
    });
    for (const { Action, Condition } of Object.values(reading)) {
      expect(Condition).toEqual(condition(reads[String(Action)] ?? []));
    }
    if (write.length > 0)
      expect(WriteTable?.Condition).toEqual(condition([...new Set(Object.values(writes).flat())].sort()));
  });

  test("knows the table and nothing of any pool", () => {
    const environment = variables(made(trigger).template);
    expect(environment["TENANTRY_TABLE"]).toEqual({ Ref: expect.stringMatching(/^Table/) });
    expect(JSON.stringify(environment)).not.toContain("UserPool");
  });
});

test.each([
  ["pre-sign-up", ["ENROLMENT#*"]],
  ["create-auth-challenge", ["CHALLENGE#*"]],
  ["verify-auth-challenge", ["CHALLENGE#*"]],
  ["pre-token-generation", ["DOMAIN#*", "ENROLMENT#*", "INVITATION#*", "PERSON#*", "POOL#*", "TENANT#*"]],
] as const)("%s writes nothing but %s: no binding, no slug, no registration, no catalogue", (trigger, keys) => {
  const condition = policy(made(trigger).template)["WriteTable"]?.Condition as Record<string, Record<string, unknown>>;
  expect(condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"]).toEqual(keys);
});

test("a key without a beginning is the whole key", () => {
  const condition = policy(made("pre-token-generation").template)["ReadBatchGetItem"]?.Condition;
  expect(JSON.stringify(condition)).toContain('"CATALOGUE","');
});

test("create auth challenge sends for its sender's identity and by its configuration set, as its sender", () => {
  const { template } = made("create-auth-challenge", { sender: { ...sender, configurationSet: "codes" } });
  const { SendCodes } = policy(template);
  expect(SendCodes?.Action).toBe("ses:SendEmail");
  expect(SendCodes?.Condition).toEqual({ StringEqualsIgnoreCase: { "ses:FromAddress": "no-reply@acme.example" } });
  const resources = ([SendCodes?.Resource].flat() as { "Fn::Join": [string, unknown[]] }[]).map((arn) =>
    arn["Fn::Join"][1].at(-1),
  );
  expect(resources).toEqual([":identity/acme.example", ":configuration-set/codes"]);
  expect(variables(template)).toMatchObject({
    TENANTRY_MAIL_FROM: "Acme <no-reply@acme.example>",
    TENANTRY_MAIL_CONFIGURATION_SET: "codes",
  });
});

test("nobody has said who codes come from: the template refuses to be deployed", () => {
  const stack = new Stack(new App(), "Stack");
  const props = {
    table: new TenantTable(stack, "Table"),
    codeKey: new CodeKey(stack, "CodeKey"),
    code: FunctionCode.folder(binaries),
  };
  new TriggerFunction(stack, "Trigger", { trigger: "create-auth-challenge", ...props });
  const rules = Template.fromStack(stack).toJSON()["Rules"];
  expect(JSON.stringify(rules.CodesHaveASender)).toContain('{"Fn::Equals":["not ready","ready"]}');
  expect(rules.CodesHaveASender.Assertions[0].AssertDescription).toMatch(/Amazon SES has verified.*`sender`/);
  expect(made("create-auth-challenge").template.toJSON()["Rules"]?.CodesHaveASender).toBeUndefined();
});

test("refuses a sender that is no address", () => {
  for (const from of [
    "",
    "acme.example",
    "Acme <>",
    "Acme <no reply@acme.example>",
    "a@b",
    "a@b.example, c@d.example",
  ]) {
    expect(() => made("create-auth-challenge", { sender: { from } }), from).toThrow(/^SENDER_UNUSABLE: /);
  }
});

test("tells pre token generation alone under which names tokens speak", () => {
  const claims = {
    tenant_id: ["tenant_id", "custom:tenantId"],
    roles: { name: "userRole", shape: "spaced" },
    member_id: null,
  } as const;
  expect(variables(made("pre-token-generation", { claims }).template)["TENANTRY_CLAIMS"]).toBe(
    '{"tenant_id":["tenant_id","custom:tenantId"],"roles":{"name":"userRole","shape":"spaced"},"member_id":null}',
  );
  expect(Object.keys(variables(made("pre-sign-up", { claims }).template))).toEqual(["TENANTRY_TABLE"]);
  expect(() => made("pre-token-generation", { claims: { tenant: "x" } as never })).toThrow(
    /^CLAIM_UNKNOWN: .*tenant_id, tenant_slug/,
  );
});

test("sets what it is told, where its binary reads it", () => {
  const environment = variables(made("verify-auth-challenge", { codeMinutes: 10, logLevel: "warn" }).template);
  expect(environment).toMatchObject({ TENANTRY_CODE_MINUTES: "10", TENANTRY_LOG: "warn" });
  expect(Object.keys(variables(made("define-auth-challenge", { codeMinutes: 10 }).template))).toEqual([
    "TENANTRY_TABLE",
  ]);
});

test("refuses what its binary would refuse", () => {
  for (const codeMinutes of [0, 16, 2.5, Number.NaN]) {
    expect(() => made("verify-auth-challenge", { codeMinutes })).toThrow(/^CODE_MINUTES: /);
  }
  expect(() => made("pre-sign-up", { environment: { TENANTRY_TABEL: "x" } })).toThrow(
    /^ENVIRONMENT_UNKNOWN: pre-sign-up does not read TENANTRY_TABEL/,
  );
  const stack = new Stack(new App(), "Stack");
  const props = { table: new TenantTable(stack, "Table"), code: FunctionCode.folder(binaries) };
  expect(() => new TriggerFunction(stack, "Trigger", { trigger: "verify-auth-challenge", ...props })).toThrow(
    /^CODE_KEY_MISSING: /,
  );
});

test("uses the table's customer key where there is one", () => {
  const stack = new Stack(new App(), "Stack");
  const table = new TenantTable(stack, "Encrypted", { encryptionKey: new kms.Key(stack, "Key") });
  const keyed = (trigger: TriggerName, id: string) =>
    new TriggerFunction(stack, id, {
      trigger,
      table,
      codeKey: new CodeKey(stack, `${id}Key`),
      code: FunctionCode.folder(binaries),
      sender,
    });
  keyed("define-auth-challenge", "Reads");
  keyed("pre-sign-up", "Writes");
  const of = (id: string) => {
    const policies = Template.fromStack(stack).findResources("AWS::IAM::Policy");
    const [, found] = Object.entries(policies).find(([name]) => name.startsWith(id)) ?? [];
    return found?.["Properties"].PolicyDocument.Statement.find((one: Written) => one.Sid === "UseTableKey").Action;
  };
  expect(of("Reads")).toEqual(["kms:Decrypt", "kms:DescribeKey"]);
  expect(of("Writes")).toContain("kms:GenerateDataKey");
});

test("says which part it is", () => {
  const { made: one, template } = made("pre-sign-up", { functionName: "tenantry-pre-sign-up" });
  expect(one.trigger).toBe("pre-sign-up");
  template.hasResourceProperties("AWS::Lambda::Function", {
    FunctionName: "tenantry-pre-sign-up",
    Description: Match.stringLikeRegexp("pre sign up"),
  });
});
