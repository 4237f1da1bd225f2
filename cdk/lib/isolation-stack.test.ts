import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import { IsolationStack, type IsolationStackProps } from "./isolation-stack.ts";

const env = { account: "111122223333", region: "eu-west-1" };

function template(more: (data: Stack) => Partial<IsolationStackProps> = () => ({})): Template {
  const app = new App();
  const data = new Stack(app, "Data", { env });
  const userPool = cognito.UserPool.fromUserPoolId(data, "Pool", "eu-west-1_Example01");
  const clients = [{ userPoolClientId: "acme" }];
  return Template.fromStack(new IsolationStack(app, "Isolation", { env, userPool, clients, ...more(data) }));
}

const broker = (data: Stack) => ({
  service: new iam.Role(data, "Service", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") }),
});

describe("the isolation stack", () => {
  test("says which role an ID token buys", () => {
    const outputs = template().findOutputs("*");
    expect(Object.keys(outputs)).toEqual(["WebIdentityRoleArn"]);
  });

  test("says which role the broker takes", () => {
    const outputs = template((data) => ({ broker: broker(data), clients: [] })).findOutputs("*");
    expect(Object.keys(outputs)).toEqual(["BrokerRoleArn"]);
  });

  test("takes whatever has a user pool", () => {
    const plain = template();
    const wrapped = template((data) => ({
      userPool: { userPool: cognito.UserPool.fromUserPoolId(data, "SamePool", "eu-west-1_Example01") },
    }));
    expect(wrapped.toJSON()).toEqual(plain.toJSON());
  });

  test("grants the tables and buckets that it is given, as far as it is told", () => {
    const granting = template((data) => ({
      tables: [
        { table: dynamodb.Table.fromTableName(data, "Orders", "orders"), write: true, indexes: ["by_day"] },
        { table: dynamodb.Table.fromTableName(data, "Prices", "prices") },
      ],
      buckets: [{ bucket: s3.Bucket.fromBucketName(data, "Documents", "documents") }],
    }));
    const [role] = Object.values(granting.findResources("AWS::IAM::Role"));
    const written = JSON.stringify(role);
    expect(written).toContain(":table/orders/index/by_day");
    expect(written).toContain(":s3:::documents/");
    const changing = role?.["Properties"].Policies[0].PolicyDocument.Statement.filter(
      ({ Action }: { Action: string | string[] }) => Action.includes("dynamodb:PutItem"),
    );
    expect(JSON.stringify(changing)).toContain(":table/orders");
    expect(JSON.stringify(changing)).not.toContain(":table/prices");
    expect(written).not.toContain("s3:PutObject");
  });

  test("has no wildcard in what it allows, but the tenant's own keys and objects", () => {
    const granting = template((data) => ({
      broker: broker(data),
      tables: [{ table: dynamodb.Table.fromTableName(data, "Orders", "orders"), write: true, indexes: ["by_day"] }],
      buckets: [{ bucket: s3.Bucket.fromBucketName(data, "Documents", "documents"), write: true }],
    }));
    const roles = Object.values(granting.findResources("AWS::IAM::Role"));
    expect(roles).toHaveLength(2);
    for (const role of roles) {
      for (const statement of role["Properties"].Policies[0].PolicyDocument.Statement) {
        if (statement.Effect === "Deny") continue;
        expect([statement.Action].flat().filter((action: string) => action.includes("*"))).toEqual([]);
        const open = JSON.stringify(statement.Resource).replaceAll(`/\${aws:PrincipalTag/tenant_id}/*`, "");
        expect(open).not.toContain("*");
      }
    }
  });

  test("holds a provider and a role, and no function that makes them", () => {
    const resources: Record<string, { Type: string }> = template().toJSON()["Resources"];
    expect(Object.values(resources).map(({ Type }) => Type)).toEqual(["AWS::IAM::OIDCProvider", "AWS::IAM::Role"]);
  });
});
