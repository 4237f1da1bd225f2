import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { expect, test } from "vitest";
import { built } from "../../test/synthesized.ts";
import { FunctionCode } from "../function-code.ts";
import { RustFunction, type RustFunctionProps, retention } from "./rust-function.ts";

function made(props: Partial<RustFunctionProps> = {}) {
  const stack = new Stack(new App(), "Stack");
  const settings = {
    binary: "registrar",
    code: FunctionCode.folder(built()),
    description: "a test",
    ...props,
  } as const;
  const made = new RustFunction(stack, "Binary", settings);
  return { stack, made, template: Template.fromStack(stack) };
}

test("is a binary on provided.al2023 for arm64, with 256 MB and as long as Cognito waits", () => {
  made().template.hasResourceProperties("AWS::Lambda::Function", {
    Runtime: "provided.al2023",
    Handler: "bootstrap",
    Architectures: ["arm64"],
    MemorySize: 256,
    Timeout: 5,
    LoggingConfig: { LogGroup: { Ref: Match.anyValue() }, LogFormat: Match.absent() },
    TracingConfig: Match.absent(),
  });
});

test("runs on x86_64 where the binary was built for it", () => {
  const { template } = made({ architecture: lambda.Architecture.X86_64, code: FunctionCode.folder(built("x86_64")) });
  template.hasResourceProperties("AWS::Lambda::Function", { Architectures: ["x86_64"] });
});

test("refuses a binary that was built for another processor, and says what to do", () => {
  expect(() => made({ code: FunctionCode.folder(built("x86_64")) })).toThrow(
    /^CODE_ARCHITECTURE: The binary of registrar was built for x86_64, .*`cargo lambda build --release --arm64`/,
  );
  expect(() => made({ architecture: lambda.Architecture.X86_64 })).toThrow(/--x86-64/);
});

test("writes into its own log group alone", () => {
  const { template } = made({ functionName: "tenantry-registrar" });
  template.hasResourceProperties("AWS::Logs::LogGroup", {
    LogGroupName: "/aws/lambda/tenantry-registrar",
    RetentionInDays: 90,
  });
  template.hasResourceProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() });
  template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: [
        {
          Effect: "Allow",
          Sid: "WriteOwnLog",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: { "Fn::GetAtt": [Match.stringLikeRegexp("Logs"), "Arn"] },
        },
      ],
    },
  });
});

test("is called `live`, and keeps its earlier versions", () => {
  const { template } = made();
  template.hasResourceProperties("AWS::Lambda::Alias", {
    Name: "live",
    FunctionVersion: { "Fn::GetAtt": [Match.anyValue(), "Version"] },
  });
  template.hasResource("AWS::Lambda::Version", { DeletionPolicy: "Retain" });
});

test("becomes another version when its code, its memory or its environment changes, and only then", () => {
  const version = (props: Partial<RustFunctionProps>) =>
    Object.keys(made(props).template.findResources("AWS::Lambda::Version"))[0];
  const first = version({ environment: { TENANTRY_LOG: "info" } });
  expect(version({ environment: { TENANTRY_LOG: "info" } })).toBe(first);
  expect(version({ environment: { TENANTRY_LOG: "warn" } })).not.toBe(first);
  expect(version({ environment: { TENANTRY_LOG: "info" }, memorySize: 512 })).not.toBe(first);
  expect(version({ environment: { TENANTRY_LOG: "info" }, code: FunctionCode.absent() })).not.toBe(first);
});

test("sends traces only with a reason, since that needs a wildcard", () => {
  const { template } = made({ tracing: { reason: "the first weeks" } });
  template.hasResource("AWS::Lambda::Function", {
    Properties: { TracingConfig: { Mode: "Active" } },
    Metadata: { "tenantry:tracing": "the first weeks" },
  });
  template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({ Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"] })]),
    },
  });
});

test("reads an environment that is encrypted with a customer key", () => {
  const stack = new Stack(new App(), "Stack");
  const environmentKey = new kms.Key(stack, "Key");
  new RustFunction(stack, "Binary", {
    binary: "registrar",
    code: FunctionCode.folder(built()),
    description: "a test",
    environmentKey,
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties("AWS::Lambda::Function", { KmsKeyArn: { "Fn::GetAtt": [Match.anyValue(), "Arn"] } });
  template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({ Sid: "ReadOwnEnvironment", Action: "kms:Decrypt" })]),
    },
  });
});

test("refuses to be deployed before it was built, with a sentence", () => {
  const { template } = made({ code: FunctionCode.absent() });
  const rules = Object.entries(template.toJSON()["Rules"]).filter(([name]) => name === "FunctionsAreBuilt");
  expect(rules).toHaveLength(1);
  const assertion = JSON.stringify(rules[0]);
  expect(assertion).toMatch(/registrar is missing.*cargo lambda build --release --arm64/);
  // Two texts that are never equal.
  expect(assertion).toContain('{"Fn::Equals":["not ready","ready"]}');
  expect(made().template.toJSON()["Rules"]?.FunctionsAreBuilt).toBeUndefined();
});

test("keeps logs as long as CloudWatch offers, and refuses other spans", () => {
  expect([retention(1), retention(90), retention(3653)]).toEqual([1, 90, 3653]);
  for (const days of [0, 2, 91, 9999]) expect(() => retention(days)).toThrow(/^LOG_RETENTION: .* not for \d+\./);
});
