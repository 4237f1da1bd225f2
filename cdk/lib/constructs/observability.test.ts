import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sns from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import written from "../facts.json" with { type: "json" };
import { pascal, type TriggerName, triggerNames } from "../facts.ts";
import { Observability, type ObservabilityProps, type WatchedFunction } from "./observability.ts";
import { usualCodes } from "./observability-alarms.ts";
import { logQueries } from "./observability-queries.ts";

function watched(stack: Stack, name: TriggerName | "registrar"): WatchedFunction {
  const logGroup = new logs.LogGroup(stack, `${pascal(name)}Logs`);
  const made = new lambda.Function(stack, pascal(name), {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: "bootstrap",
    code: lambda.Code.fromBucketV2(s3.Bucket.fromBucketName(stack, `${pascal(name)}Code`, "code"), `${name}.zip`),
    functionName: `tenantry-${name}`,
    logGroup,
  });
  return { function: made, logGroup };
}

function observe(change: (stack: Stack) => Partial<ObservabilityProps> = () => ({})): {
  template: Template;
  observability: Observability;
} {
  const stack = new Stack(new App(), "Watched");
  const functions = Object.fromEntries(
    triggerNames.map((name) => [name, watched(stack, name)]),
  ) as ObservabilityProps["functions"];
  const userPool = new cognito.UserPool(stack, "Pool");
  const observability = new Observability(stack, "Observability", { functions, userPool, ...change(stack) });
  return { template: Template.fromStack(stack), observability };
}

function everything(stack: Stack): Partial<ObservabilityProps> {
  return {
    table: new dynamodb.Table(stack, "Table", { partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING } }),
    registrar: watched(stack, "registrar").function,
    watchBounces: true,
    alarmActions: [new SnsAction(new sns.Topic(stack, "Topic"))],
  };
}

type Properties = Readonly<Record<string, unknown>>;

function properties(template: Template, type: string): Properties[] {
  return Object.values(template.findResources(type)).map((resource) => resource["Properties"] as Properties);
}

const { template, observability } = observe(everything);
const alarms = properties(template, "AWS::CloudWatch::Alarm");
const composite = properties(template, "AWS::CloudWatch::CompositeAlarm")[0] as Properties;
// What the composite alarm is made of; it tells nobody by itself.
const parts = ["signed-in", "refreshed", "never-asked"].map((name) => `tenantry-tokens-without-us-${name}`);

describe("Observability", () => {
  it("has names that stay, without a hash of the template", () => {
    expect(Object.keys(observability.alarms)).toEqual([
      "broken",
      "crashed",
      "refused",
      "code-try-again",
      "code-client-not-bound",
      "code-unsupported-event",
      "code-claims-too-large",
      "code-too-many-codes",
      "code-sign-in-locked",
      "enrolled-late",
      "slow",
      "throttled",
      "table-throttled",
      "table-errors",
      "registrar-failed",
      "mail-bounces",
      "tokens-without-us",
    ]);
    const names = [...alarms, composite]
      .map((alarm) => alarm["AlarmName"])
      .filter((name) => !parts.includes(String(name)));
    expect(names.sort()).toEqual(
      Object.keys(observability.alarms)
        .map((key) => `tenantry-${key}`)
        .sort(),
    );
  });

  it("says with each alarm what it means and where to read on, tells somebody, and knows what silence means", () => {
    for (const [key, alarm] of Object.keys(observability.alarms).map((key) => [key, ofName(key)] as const)) {
      expect(alarm["AlarmDescription"]).toMatch(new RegExp(`\\. docs/runbook\\.md#${key}$`));
      if (alarm !== composite) expect(alarm["TreatMissingData"]).toBe("notBreaching");
      expect(alarm["AlarmActions"]).toHaveLength(1);
      expect(alarm["OKActions"]).toEqual(alarm["AlarmActions"]);
    }
  });

  it("watches codes that there are", () => {
    for (const code of Object.keys(usualCodes)) expect(written.codes).toContain(code);
  });

  it("counts in the logs of all six triggers, into one namespace", () => {
    const filters = properties(template, "AWS::Logs::MetricFilter");
    expect(filters).toHaveLength(6 * 6 + 1);
    const namespaces = filters.flatMap((filter) =>
      (filter["MetricTransformations"] as Properties[]).map((made) => made["MetricNamespace"]),
    );
    expect(new Set(namespaces)).toEqual(new Set(["Tenantry/tenantry"]));
  });

  it("watches counts that a filter makes, with the dimensions that it gives them", () => {
    const made = properties(template, "AWS::Logs::MetricFilter")
      .flatMap((filter) => filter["MetricTransformations"] as Properties[])
      .map((metric) =>
        [metric["MetricName"], names((metric["Dimensions"] ?? []) as { Key: string }[], "Key")].join(" by "),
      );
    const asked = alarms
      .filter((alarm) => alarm["Namespace"] === "Tenantry/tenantry")
      .map((alarm) =>
        [alarm["MetricName"], names((alarm["Dimensions"] ?? []) as { Name: string }[], "Name")].join(" by "),
      );
    expect(asked.length).toBe(4 + Object.keys(usualCodes).length);
    for (const metric of asked) expect(made).toContain(metric);
  });

  it("goes off when Cognito counted tokens of this pool and pre token generation was never called", () => {
    const rule = JSON.stringify(composite["AlarmRule"]);
    const order = ["signedin", "OR", "refreshed", "AND", "neverasked"].map((word) =>
      rule.search(new RegExp(word, "i")),
    );
    expect(order.every((at) => at >= 0) && order.every((at, i) => i === 0 || at > (order[i - 1] ?? 0)), rule).toBe(
      true,
    );
    for (const [part, metric] of [
      ["signed-in", "SignInSuccesses"],
      ["refreshed", "TokenRefreshSuccesses"],
    ] as const) {
      const alarm = ofName(`tokens-without-us-${part}`);
      const queries = alarm["Metrics"] as Properties[];
      // A query beside another metric or expression, CloudWatch refuses ("Invalid metrics list").
      expect(queries).toHaveLength(1);
      expect(queries[0]).toMatchObject({ Period: 1800, ReturnData: true });
      const query = JSON.stringify(queries[0]);
      expect(query).toContain(
        `SELECT SUM(${metric}) FROM SCHEMA(\\"AWS/Cognito\\", UserPool, UserPoolClient) WHERE UserPool = '`,
      );
      expect(query).toContain('"Ref":"Pool');
      expect(alarm).toMatchObject({ Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold" });
    }
    const never = ofName("tokens-without-us-never-asked");
    expect(never).toMatchObject({ MetricName: "Invocations", Period: 1800, Statistic: "Sum", Threshold: 1 });
    // A function that nobody calls has no figures at all.
    expect(never).toMatchObject({ ComparisonOperator: "LessThanThreshold", TreatMissingData: "breaching" });
    expect(JSON.stringify(never["Dimensions"])).toContain("PreTokenGeneration");
    for (const part of parts) expect(ofName(part.replace("tenantry-", ""))["AlarmActions"] ?? []).toEqual([]);
  });

  it("leaves Lambda's own errors alone: a refusal is one", () => {
    const text = JSON.stringify(alarms.filter((alarm) => alarm["AlarmName"] !== "tenantry-registrar-failed"));
    expect(text).not.toContain('"MetricName":"Errors"');
  });

  it("keeps within ten metrics an alarm, as CloudWatch asks", () => {
    for (const alarm of alarms) {
      expect(
        ((alarm["Metrics"] ?? []) as Properties[]).filter((query) => query["MetricStat"] !== undefined).length,
      ).toBeLessThanOrEqual(10);
      expect(JSON.stringify(alarm)).not.toContain("SEARCH(");
    }
  });

  it("warns about durations before Cognito gives up, and after our own deadline would have spoken", () => {
    expect(ofName("slow")).toMatchObject({ Threshold: 2500, ComparisonOperator: "GreaterThanThreshold" });
    const metrics = (ofName("slow")["Metrics"] as Properties[]).filter((query) => query["MetricStat"] !== undefined);
    expect(metrics).toHaveLength(6);
  });

  it("takes other thresholds, and only the codes that are asked for", () => {
    const { template: other, observability: made } = observe(() => ({
      prefix: "shop",
      thresholds: { broken: 9, codes: { SEATS_FULL: 2 } },
    }));
    other.hasResourceProperties("AWS::CloudWatch::Alarm", { AlarmName: "shop-broken", Threshold: 9 });
    other.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "shop-code-seats-full",
      Namespace: "Tenantry/shop",
    });
    expect(Object.keys(made.alarms).filter((key) => key.startsWith("code-"))).toEqual(["code-seats-full"]);
    expect(Object.keys(made.alarms)).not.toContain("mail-bounces");
  });

  it("leaves out what it is asked to, and makes the rest as it was", () => {
    const { template: less, observability: made } = observe((stack) => ({
      ...everything(stack),
      savedQueries: false,
      withoutAlarms: ["slow", "tokens-without-us"],
    }));
    const left = Object.keys(observability.alarms).filter((key) => key !== "slow" && key !== "tokens-without-us");
    expect(Object.keys(made.alarms)).toEqual(left);
    expect(properties(less, "AWS::CloudWatch::Alarm")).toEqual(
      alarms.filter(({ AlarmName }) => left.some((key) => AlarmName === `tenantry-${key}`)),
    );
    less.resourceCountIs("AWS::CloudWatch::CompositeAlarm", 0);
    less.resourceCountIs("AWS::Logs::QueryDefinition", 0);
    less.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
    less.resourceCountIs("AWS::Logs::MetricFilter", 6 * 6 + 1);
  });

  it("refuses to leave out an alarm that there is not: a slip of the pen would leave it on, or off, unnoticed", () => {
    const without = (key: string) => () => observe(() => ({ withoutAlarms: [key] }));
    for (const key of ["sloww", "tenantry-slow", "mail-bounces", "toString"]) {
      expect(without(key)).toThrow(new RegExp(`^ALARM_UNKNOWN: .*"${key}".*slow.*tokens-without-us`));
    }
    expect(without("slow")).not.toThrow();
  });

  it("has one dashboard, which is JSON of rows no wider than 24", () => {
    template.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
    const body = properties(template, "AWS::CloudWatch::Dashboard")[0]?.["DashboardBody"] as {
      "Fn::Join": [string, unknown[]];
    };
    const text = body["Fn::Join"][1].map((part) => (typeof part === "string" ? part : "x")).join("");
    const { widgets } = JSON.parse(text) as { widgets: { x: number; width: number }[] };
    expect(widgets.length).toBe(2 + 3 * 4 + 2);
    for (const widget of widgets) expect(widget.x + widget.width).toBeLessThanOrEqual(24);
  });

  it("saves the queries under its prefix, for all six logs", () => {
    template.resourceCountIs("AWS::Logs::QueryDefinition", Object.keys(logQueries).length);
    template.allResourcesProperties("AWS::Logs::QueryDefinition", { Name: Match.stringLikeRegexp("^tenantry/") });
    for (const query of properties(template, "AWS::Logs::QueryDefinition"))
      expect(query["LogGroupNames"]).toHaveLength(6);
  });

  it("tags what costs money by deployment and part", () => {
    const tags = (part: string) =>
      Match.arrayWith([
        { Key: "tenantry:deployment", Value: "tenantry" },
        { Key: "tenantry:part", Value: part },
      ]);
    for (const trigger of triggerNames) {
      template.hasResourceProperties("AWS::Lambda::Function", {
        FunctionName: `tenantry-${trigger}`,
        Tags: tags(trigger),
      });
    }
    template.hasResourceProperties("AWS::DynamoDB::Table", { Tags: tags("table") });
    template.hasResourceProperties("AWS::Cognito::UserPool", { UserPoolTags: { "tenantry:part": "user-pool" } });
  });

  it("needs no custom resource, function or role of its own", () => {
    const before = new Set([
      "AWS::Lambda::Function",
      "AWS::IAM::Role",
      "AWS::Cognito::UserPool",
      "AWS::DynamoDB::Table",
      "AWS::SNS::Topic",
      "AWS::Logs::LogGroup",
    ]);
    const types = Object.values(template.toJSON()["Resources"] as Record<string, { Type: string }>).map(
      (resource) => resource.Type,
    );
    const own = [
      "AWS::CloudWatch::Alarm",
      "AWS::CloudWatch::CompositeAlarm",
      "AWS::CloudWatch::Dashboard",
      "AWS::Logs::MetricFilter",
      "AWS::Logs::QueryDefinition",
    ];
    expect(new Set(types.filter((type) => !before.has(type)))).toEqual(new Set(own));
    template.resourceCountIs("AWS::Lambda::Function", 7);
  });
});

describe("docs/runbook.md", () => {
  const runbook = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
  const sections = runbook
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = "", ...rest] = section.split("\n");
      return { title, text: rest.join("\n").split(/^## /m)[0] ?? "" };
    });
  const keys = Object.keys(observability.alarms);

  it("has a section for each alarm, and an alarm for each section", () => {
    expect(sections.map((section) => section.title).sort()).toEqual([...keys].sort());
  });

  it.each(sections)("$title says what it means, where to look, what to run and why it happens", ({ text }) => {
    for (const part of ["**Means.**", "**Look.**", "**Run.**", "**Usual causes.**"]) expect(text).toContain(part);
  });

  it("names saved queries that there are, and each of them", () => {
    const named = [...runbook.matchAll(/`tenantry\/([a-z ]+)`/g)].map((found) => found[1]);
    expect(new Set(named)).toEqual(new Set(Object.keys(logQueries)));
  });
});

function ofName(key: string): Properties {
  const found = [...alarms, composite].find((alarm) => alarm["AlarmName"] === `tenantry-${key}`);
  if (found === undefined) throw new Error(key);
  return found;
}

function names<K extends string>(list: readonly Record<K, string>[], key: K): string {
  return list
    .map((each) => each[key])
    .sort()
    .join(",");
}
