// Prints the policies of a synthesized IsolationStack with every ARN filled in, for a judge that is no part of this package:
// tests/judges/iam. `npx tsx test/isolation-template.ts`

import { App, CfnResource, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as s3 from "aws-cdk-lib/aws-s3";
import { IsolationStack } from "../lib/isolation-stack.ts";

const account = "111122223333";
const region = "eu-west-1";

/** What the judge asks about. */
const world = {
  account,
  tableArn: `arn:aws:dynamodb:${region}:${account}:table/orders`,
  bucketArn: "arn:aws:s3:::documents.example",
  keyArn: `arn:aws:kms:${region}:${account}:key/0f1e2d3c-0000-4000-8000-000000000000`,
  parameterArn: `arn:aws:ssm:${region}:${account}:parameter`,
  providerArn: `arn:aws:iam::${account}:oidc-provider/cognito-idp.${region}.amazonaws.com/${region}_Example01`,
  serviceRoleArn: `arn:aws:iam::${account}:role/orders-service`,
  clients: ["1example1client1of1acme11", "2example2client2of2globex2"],
};

/** What CloudFormation would know: what a resource's `Ref` and attributes are, by the construct's name. */
const known: Record<string, string> = {
  Orders: world.tableArn,
  Documents: world.bucketArn,
  Key: world.keyArn,
  OidcProvider: world.providerArn,
  Service: world.serviceRoleArn,
  "AWS::Partition": "aws",
  "AWS::AccountId": account,
  "AWS::Region": region,
  "AWS::URLSuffix": "amazonaws.com",
};

const app = new App();
const data = new Stack(app, "Data", { env: { account, region } });
const key = new kms.Key(data, "Key");
const table = new dynamodb.Table(data, "Orders", {
  tableName: "orders",
  partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
  sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
  encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
  encryptionKey: key,
});
table.addGlobalSecondaryIndex({
  indexName: "by_day",
  partitionKey: { name: "day_of", type: dynamodb.AttributeType.STRING },
});
table.addGlobalSecondaryIndex({
  indexName: "of_everybody",
  partitionKey: { name: "status", type: dynamodb.AttributeType.STRING },
});
const bucket = new s3.Bucket(data, "Documents", { bucketName: "documents.example", encryptionKey: key });
const service = new iam.Role(data, "Service", {
  roleName: "orders-service",
  assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
});

const stack = new IsolationStack(app, "Isolation", {
  env: { account, region },
  userPool: cognito.UserPool.fromUserPoolId(data, "Pool", `${region}_Example01`),
  clients: world.clients.map((userPoolClientId) => ({ userPoolClientId })),
  broker: { service },
  tables: [{ table, write: true, indexes: ["by_day"] }],
  buckets: [{ bucket, write: true }],
});
stack.isolation.grant(
  (tenant) =>
    new iam.PolicyStatement({
      actions: ["ssm:GetParameter"],
      resources: [`${world.parameterArn}/tenants/${tenant}/*`],
    }),
);

const logicalIds = new Map<string, string>();
for (const construct of app.node.findAll()) {
  const value = known[construct.node.scope?.node.id ?? ""];
  if (value && CfnResource.isCfnResource(construct)) logicalIds.set(data.resolve(construct.logicalId), value);
}

/** A template's value as it will stand in IAM. What is not known here throws: the judge must not read half a policy. */
function filledIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== "object" || value === null) return value;
  const [[name, argument] = ["", undefined], ...more] = Object.entries(value);
  if (more.length === 0 && name === "Ref") return fact(String(argument));
  if (more.length === 0 && name === "Fn::GetAtt" && Array.isArray(argument) && argument[1] === "Arn")
    return fact(argument[0]);
  if (more.length === 0 && name === "Fn::ImportValue") return imported(String(argument));
  if (more.length === 0 && name === "Fn::Join" && Array.isArray(argument)) {
    return (argument[1] as unknown[]).map(filledIn).join(argument[0]);
  }
  if (name.startsWith("Fn::")) throw new Error(`This script does not know ${JSON.stringify(value)}.`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner)]));
}

function fact(id: string): string {
  const value = known[id] ?? logicalIds.get(id);
  if (value === undefined) throw new Error(`This script does not know what "${id}" will be.`);
  return value;
}

function imported(exportName: string): unknown {
  const outputs = Object.values(Template.fromStack(data).findOutputs("*"));
  return filledIn(outputs.find((output) => output["Export"]?.Name === exportName)?.["Value"]);
}

const roles = Object.entries(Template.fromStack(stack).findResources("AWS::IAM::Role")).map(([id, role]) => {
  const { AssumeRolePolicyDocument: trust, Policies: policies } = filledIn(role["Properties"]) as {
    AssumeRolePolicyDocument: string;
    Policies: { PolicyDocument: unknown }[];
  };
  const name = id.includes("Broker") ? "broker" : "webIdentity";
  return [name, { trust: JSON.parse(trust), permissions: policies.map((policy) => policy.PolicyDocument) }];
});
console.log(JSON.stringify({ world, roles: Object.fromEntries(roles) }, undefined, 2));
