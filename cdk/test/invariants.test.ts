// What must never change, whatever a deployment is configured to.

import { describe, expect, test } from "vitest";
import { facts, triggerNames } from "../lib/facts.ts";
import { type Statement, statements } from "./statements.ts";
import { everyTemplate, type Json, ofType, type Resource } from "./synthesized.ts";

const all = everyTemplate();
const resources = (type: string): (readonly [string, Resource])[] =>
  all.flatMap(([name, template]) =>
    ofType(template, type).map(([id, resource]) => [`${name} ${id}`, resource] as const),
  );
const allStatements: (readonly [string, Statement])[] = all.flatMap(([name, template]) =>
  statements(template).map((statement) => [`${name} ${statement.at}`, statement] as const),
);

/** Where AWS knows no narrower resource, and what its statement may then say. */
const FORCED: readonly { readonly why: string; readonly is: (statement: Statement) => boolean }[] = [
  {
    why: "a key's own policy: there `*` is that key [AWS KMS developer guide, Key policies]",
    is: ({ type }) => type === "AWS::KMS::Key",
  },
  {
    why: "X-Ray's actions know no resource, and traces were asked for [Service authorization reference, AWS X-Ray]",
    is: ({ actions }) => actions.every((action) => /^xray:Put(TraceSegments|TelemetryRecords)$/.test(action)),
  },
];

/** The resources that are patterns, because what they stand for is one. */
const PATTERNS: readonly { readonly why: string; readonly is: RegExp }[] = [
  {
    why: "every object below the prefix of the session's own tenant; the bucket is named",
    is: /:s3:::[a-z0-9.-]+\/\$\{aws:PrincipalTag\/tenant_id\}\/\*"?[\]}]*$/,
  },
];

const forced = (statement: Statement) => FORCED.some(({ is }) => is(statement));

test("the deployments that are looked at have statements, permissions and functions to look at", () => {
  expect(allStatements.length).toBeGreaterThan(60);
  expect(resources("AWS::Lambda::Permission").length).toBeGreaterThan(20);
  expect(resources("AWS::Lambda::Function").length).toBeGreaterThan(20);
});

describe("no policy", () => {
  test("allows an action by a wildcard", () => {
    const wide = allStatements.filter(
      ([, s]) => s.effect === "Allow" && !forced(s) && s.actions.some((a) => a.includes("*") || a.startsWith("not ")),
    );
    expect(wide).toEqual([]);
  });

  test("allows anything on a resource with a wildcard, but for what is written down here", () => {
    const wide = allStatements.flatMap(([name, s]) =>
      s.effect === "Allow" && !forced(s)
        ? s.resources.filter((r) => /[*?]/.test(r)).map((r) => [name, r] as const)
        : [],
    );
    // The exception is used, so it is no dead letter; and nothing else is wide.
    expect(wide.length).toBeGreaterThan(0);
    expect(wide.filter(([, resource]) => !PATTERNS.some(({ is }) => is.test(resource)))).toEqual([]);
  });

  test("allows to scan, to query by PartiQL, or to reach the index", () => {
    const allowed = allStatements.filter(([, s]) => s.effect === "Allow");
    expect(
      allowed.filter(([, s]) => s.actions.some((a) => /dynamodb:(Scan|PartiQL|ExecuteStatement)/.test(a))),
    ).toEqual([]);
    const ours = allowed.filter(
      ([name, s]) => name.includes("Triggers") && s.resources.some((r) => r.includes("/index/")),
    );
    expect(ours).toEqual([]);
  });

  test("lets anything but the sender of codes send mail", () => {
    const mails = allStatements.filter(([, s]) => s.actions.some((action) => action.startsWith("ses:")));
    expect(mails.length).toBeGreaterThan(2);
    expect(mails.filter(([name]) => !name.includes("CreateAuthChallenge"))).toEqual([]);
    for (const [, { actions, condition }] of mails) {
      expect(actions).toEqual(["ses:SendEmail"]);
      expect(condition["StringEqualsIgnoreCase"]?.["ses:FromAddress"]).toBe("no-reply@acme.example");
    }
  });
});

describe.each(triggerNames)("%s", (trigger) => {
  const pascal = trigger.replace(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase());
  const own = ([name]: readonly [string, unknown]) => name.includes(`Triggers${pascal}Binary`);
  const functions = resources("AWS::Lambda::Function").filter(own);
  const { environment, read, write } = facts.triggers[trigger];

  test("is in every deployment", () => {
    expect(functions).toHaveLength(4);
  });

  test("may do with the table what its binary does, and no more", () => {
    const actions = allStatements
      .filter(own)
      .map(([name, s]) => [name, s.actions.filter((a) => a.startsWith("dynamodb:"))] as const);
    const perRole = new Map<string, string[]>();
    for (const [name, list] of actions) perRole.set(name, [...(perRole.get(name) ?? []), ...list]);
    const roles = [...perRole].filter(([name]) => name.includes("DefaultPolicy"));
    expect(roles).toHaveLength(4);
    for (const [name, list] of roles) expect([name, list.sort()]).toEqual([name, [...read, ...write].sort()]);
  });

  test("has every variable that its binary requires, and none that it does not read", () => {
    const known = [...environment.required, ...environment.optional];
    for (const [name, { Properties }] of functions) {
      const names = Object.keys(Properties.Environment.Variables);
      expect([name, environment.required.filter((required) => !names.includes(required))]).toEqual([name, []]);
      expect([name, names.filter((set) => !known.includes(set))]).toEqual([name, []]);
      expect(names).toContain("TENANTRY_TABLE");
    }
  });

  test("is called through its alias, by five pools", () => {
    const permissions = resources("AWS::Lambda::Permission").filter(([, { Properties }]) =>
      JSON.stringify(Properties.FunctionName).includes(`Triggers${pascal}BinaryLive`),
    );
    expect(permissions).toHaveLength(5);
  });
});

test("whoever makes codes and whoever compares them have the same key", () => {
  for (const [name, template] of all.filter(([name]) => name.endsWith("/Identity"))) {
    const keys = ofType(template, "AWS::Lambda::Function")
      .map(([, { Properties }]) => Properties.Environment?.Variables ?? {})
      .filter((variables) => "TENANTRY_CODE_KEY" in variables)
      .map(({ TENANTRY_CODE_KEY, TENANTRY_CODE_KEY_PREVIOUS }) =>
        JSON.stringify([TENANTRY_CODE_KEY, TENANTRY_CODE_KEY_PREVIOUS]),
      );
    expect([name, keys.length, new Set(keys).size]).toEqual([name, 2, 1]);
    // A reference that CloudFormation resolves, never a secret.
    expect(keys[0]).toContain("{{resolve:secretsmanager:");
  }
});

test("Cognito may call by a permission alone that names the pool and the account", () => {
  const permissions = resources("AWS::Lambda::Permission").filter(
    ([, { Properties }]) => Properties.Principal === "cognito-idp.amazonaws.com",
  );
  expect(permissions).toHaveLength(30);
  for (const [name, { Properties }] of permissions) {
    expect([name, Properties.SourceArn, Properties.SourceAccount]).not.toContain(undefined);
    expect(Properties.Action).toBe("lambda:InvokeFunction");
    expect(JSON.stringify(Properties.SourceArn)).not.toContain("*");
  }
});

test("every slot of ours calls the alias of its function", () => {
  const pools = resources("AWS::Cognito::UserPool");
  expect(pools).toHaveLength(3);
  for (const [name, { Properties }] of pools) {
    const { PreTokenGenerationConfig, PreTokenGeneration, ...slots } = Properties.LambdaConfig;
    const all = { ...slots, PreTokenGeneration: PreTokenGeneration ?? PreTokenGenerationConfig.LambdaArn };
    for (const { slot } of Object.values(facts.triggers)) {
      expect([name, slot, JSON.stringify(all[slot] ?? null)]).toEqual([name, slot, expect.stringContaining("Live")]);
    }
    expect(PreTokenGenerationConfig?.LambdaVersion).toBe(Properties.UserPoolTier === "LITE" ? undefined : "V3_0");
  }
});

test("no app client lets people write what an attribute of ours could say", () => {
  for (const [name, { Properties }] of resources("AWS::Cognito::UserPoolClient")) {
    expect([name, Properties.WriteAttributes]).toEqual([name, expect.any(Array)]);
    expect(Properties.WriteAttributes.length).toBeGreaterThan(0);
    expect(Properties.WriteAttributes.filter((attribute: string) => attribute.startsWith("custom:"))).toEqual([]);
  }
});

/** What holds data. */
const DATA = ["AWS::DynamoDB::Table", "AWS::Cognito::UserPool", "AWS::SecretsManager::Secret", "AWS::KMS::Key"];

test("what holds data is kept, unless the deployment is a trial", () => {
  const data = DATA.flatMap(resources);
  expect(data.length).toBeGreaterThan(9);
  for (const [name, { DeletionPolicy, UpdateReplacePolicy }] of data) {
    const kept = name.startsWith("trial/") ? "Delete" : "Retain";
    expect([name, DeletionPolicy, UpdateReplacePolicy]).toEqual([name, kept, kept]);
  }
});

test("earlier versions of a function are kept, to go back to", () => {
  const versions = resources("AWS::Lambda::Version");
  expect(versions.length).toBeGreaterThan(20);
  for (const [name, { DeletionPolicy }] of versions) expect([name, DeletionPolicy]).toEqual([name, "Retain"]);
});

test("every function is a binary of ours, of the processor that was chosen", () => {
  for (const [name, { Properties }] of resources("AWS::Lambda::Function")) {
    const processor = name.startsWith("everything/") ? "x86_64" : "arm64";
    expect([name, Properties.Runtime, Properties.Architectures, Properties.PackageType]).toEqual([
      name,
      "provided.al2023",
      [processor],
      undefined,
    ]);
    expect(Properties.Timeout).toBeGreaterThanOrEqual(5);
  }
});

test("log groups have an end", () => {
  const groups = resources("AWS::Logs::LogGroup");
  expect(groups.length).toBeGreaterThan(20);
  for (const [name, { Properties }] of groups)
    expect([name, Properties.RetentionInDays]).toEqual([name, name.startsWith("everything/") ? 30 : 90]);
});

test("no template names a pool in a trigger's environment, which would be a cycle", () => {
  for (const [name, { Properties }] of resources("AWS::Lambda::Function").filter(([name]) =>
    name.includes("Triggers"),
  )) {
    expect([name, JSON.stringify(Properties.Environment)]).not.toContain("UserPool");
  }
});

test("everything that can have tags says which deployment and which part it belongs to", () => {
  const tagged = [
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
  ];
  for (const [name, { Properties }] of tagged.flatMap(resources)) {
    const tags = Object.fromEntries(
      Properties.Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]),
    );
    const [deployment, component] = [
      name.startsWith("everything/") ? "acme-identity" : "tenantry",
      name.split(/[/ ]/)[1]?.toLowerCase(),
    ];
    expect([name, tags["tenantry:deployment"], tags["tenantry:component"]]).toEqual([name, deployment, component]);
  }
});

test("the outputs that other tools read are there", () => {
  const identity = (name: string): Json | undefined => all.find(([at]) => at === `${name}/Identity`)?.[1];
  const aliases = [
    "PreSignUpArn",
    "PostConfirmationArn",
    "PreTokenGenerationArn",
    "DefineAuthChallengeArn",
    "CreateAuthChallengeArn",
    "VerifyAuthChallengeArn",
  ];
  const always = [...aliases, "FunctionsPrefix", "TableName"].sort();
  expect(Object.keys(identity("adopting")?.Outputs ?? {})).toEqual(expect.arrayContaining(always));
  expect(Object.keys(identity("plain")?.Outputs ?? {})).toEqual(
    expect.arrayContaining([...always, "UserPoolArn", "UserPoolId"]),
  );
});
