import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import { expect, test } from "vitest";
import { built } from "../../test/synthesized.ts";
import { FunctionCode } from "../function-code.ts";
import { Registrar, type RegistrarProps } from "./registrar.ts";
import { TenantTable } from "./tenant-table.ts";

function made(props: Partial<RegistrarProps> = {}) {
  const stack = new Stack(new App(), "Stack");
  const table = new TenantTable(stack, "Table");
  const registrar = new Registrar(stack, "Registrar", { table, code: FunctionCode.folder(built()), ...props });
  return { stack, registrar };
}

test("is one function that has half a minute, and whose events grow no older than CloudFormation waits", () => {
  const { stack, registrar } = made();
  registrar.resource(stack, "Acme", "Tenant", { Slug: "acme", Name: undefined });
  const template = Template.fromStack(stack);
  template.resourceCountIs("AWS::Lambda::Function", 1);
  template.hasResourceProperties("AWS::Lambda::Function", {
    Runtime: "provided.al2023",
    Timeout: 30,
    Environment: { Variables: { TENANTRY_TABLE: Match.anyValue(), TENANTRY_CLAIMS: Match.absent() } },
  });
  template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
    MaximumEventAgeInSeconds: 240,
    MaximumRetryAttempts: 2,
  });
  template.hasResourceProperties("Custom::TenantryTenant", {
    ServiceToken: { "Fn::GetAtt": [Match.stringLikeRegexp("Registrar"), "Arn"] },
    ServiceTimeout: "300",
    Slug: "acme",
    Name: Match.absent(),
  });
});

test("nobody is allowed to invoke it: CloudFormation does so on behalf of whoever deploys", () => {
  Template.fromStack(made().stack).resourceCountIs("AWS::Lambda::Permission", 0);
});

test("reads what the operations read, writes the base table, and neither scans nor asks the index", () => {
  const template = Template.fromStack(made().stack);
  const said = JSON.stringify(template.findResources("AWS::IAM::Policy"));
  const condition = (keys: string[]) => ({
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys },
    Null: { "dynamodb:LeadingKeys": "false" },
  });
  for (const never of ["Scan", "PartiQL", "BatchWrite", "PutItem", "/index/", '"*"', "PERSON#", "INVITATION#"]) {
    expect(said).not.toContain(never);
  }
  template.hasResourceProperties("AWS::IAM::Policy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        ...["GetItem", "Query"].map((action) => ({
          Sid: `Read${action}`,
          Effect: "Allow",
          Action: `dynamodb:${action}`,
          Resource: { "Fn::GetAtt": [Match.stringLikeRegexp("^Table"), "Arn"] },
          Condition: condition(["CLIENT#*", "POOL#*", "REGISTRATION#*", "SLUG#*", "TENANT#*"]),
        })),
        {
          Sid: "WriteTable",
          Effect: "Allow",
          Action: ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"],
          Resource: { "Fn::GetAtt": [Match.stringLikeRegexp("^Table"), "Arn"] },
          Condition: condition(["CLIENT#*", "DEPLOYMENT", "POOL#*", "REGISTRATION#*", "SLUG#*", "TENANT#*"]),
        },
      ]),
    },
  });
});

test("is told the names of the claims that the triggers are told", () => {
  const { stack } = made({ claims: { tenant_id: "custom:tenantId" } });
  Template.fromStack(stack).hasResourceProperties("AWS::Lambda::Function", {
    Environment: { Variables: { TENANTRY_CLAIMS: '{"tenant_id":"custom:tenantId"}' } },
  });
});

test("looks at one pool's clients by one policy, however many clients there are", () => {
  const { stack, registrar } = made();
  const pool = new cognito.UserPool(stack, "Pool");
  expect(registrar.letLookAt(stack, pool)).toBe(registrar.letLookAt(stack, pool));
  registrar.letLookAt(stack, new cognito.UserPool(stack, "Other"));
  const looks = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Policy")).filter((policy) =>
    JSON.stringify(policy).includes("LookAtClients"),
  );
  expect(looks).toHaveLength(2);
  expect(looks[0]?.["Properties"].PolicyDocument.Statement).toEqual([
    {
      Sid: "LookAtClients",
      Effect: "Allow",
      Action: ["cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient"],
      Resource: { "Fn::GetAtt": [expect.stringMatching(/^Pool/), "Arn"] },
    },
  ]);
});

test("looks at a pool of another stack from there, so that neither stack waits for the other", () => {
  const { stack, registrar } = made();
  const other = new Stack(stack.node.root as App, "Other");
  registrar.letLookAt(other, new cognito.UserPool(other, "Pool"));
  Template.fromStack(other).resourceCountIs("AWS::IAM::Policy", 1);
  expect(other.dependencies).toEqual([stack]);
  expect(stack.dependencies).toEqual([]);
});
