import { App, Duration, Stack, Tags } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as s3 from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import { TenantIsolation, type TenantIsolationProps } from "./tenant-isolation.ts";
import { TenantTable } from "./tenant-table.ts";

const variable = (name: string) => `\${${name}}`;
const tenant = variable("aws:PrincipalTag/tenant_id");
const issuer = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01";

function isolation(props: Partial<TenantIsolationProps> = {}) {
  const stack = new Stack(new App(), "Stack", { env: { account: "111122223333", region: "eu-west-1" } });
  const userPool = cognito.UserPool.fromUserPoolId(stack, "Pool", "eu-west-1_Example01");
  const clients = [{ userPoolClientId: "acme" }, { userPoolClientId: "globex" }];
  return { stack, construct: new TenantIsolation(stack, "Isolation", { userPool, clients, ...props }) };
}

function service(stack: Stack): iam.Role {
  return new iam.Role(stack, "Service", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function statements(stack: Stack): Statement[] {
  const [role] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Role"));
  return role?.["Properties"].Policies[0].PolicyDocument.Statement;
}

const granted = (stack: Stack) => statements(stack).filter(({ Effect }) => Effect === "Allow");

describe("who takes the role", () => {
  test("IAM's provider is the pool, and its audiences are the clients", () => {
    Template.fromStack(isolation().stack).hasResourceProperties("AWS::IAM::OIDCProvider", {
      Url: { "Fn::Join": ["", ["https://cognito-idp.eu-west-1.", { Ref: "AWS::URLSuffix" }, "/eu-west-1_Example01"]] },
      ClientIdList: ["acme", "globex"],
    });
  });

  test("no function is deployed for it", () => {
    const template = Template.fromStack(isolation().stack);
    template.resourceCountIs("AWS::Lambda::Function", 0);
    template.resourceCountIs("AWS::CloudFormation::CustomResource", 0);
  });

  test("the trust policy names provider, clients and tag exactly", () => {
    const { stack } = isolation();
    const [role] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Role"));
    const [provider] = Object.keys(Template.fromStack(stack).findResources("AWS::IAM::OIDCProvider"));
    const known: Record<string, string> = { "AWS::URLSuffix": "amazonaws.com", [provider ?? ""]: "ARN" };
    const parts: (string | { Ref: string })[] = role?.["Properties"].AssumeRolePolicyDocument["Fn::Join"][1];
    const text = parts.map((part) => (typeof part === "string" ? part : known[part.Ref])).join("");
    const ofATenant = { "aws:RequestTag/tenant_id": "t_??????????????????????????" };
    expect(JSON.parse(text)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: "ARN" },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { [`${issuer}:aud`]: ["acme", "globex"] }, StringLike: ofATenant },
        },
        {
          Effect: "Allow",
          Principal: { Federated: "ARN" },
          Action: "sts:TagSession",
          Condition: {
            StringLike: ofATenant,
            "ForAllValues:StringEquals": { "aws:TagKeys": "tenant_id", "sts:TransitiveTagKeys": "tenant_id" },
            Null: { "sts:TransitiveTagKeys": "false" },
          },
        },
      ],
    });
  });

  test("a pool of the same stack works, whose issuer is known to CloudFormation alone", () => {
    const stack = new Stack(new App(), "Stack");
    const userPool = new cognito.UserPool(stack, "Pool");
    new TenantIsolation(stack, "Isolation", { userPool, clients: [userPool.addClient("Acme")] });
    const [role] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Role"));
    const parts = role?.["Properties"].AssumeRolePolicyDocument["Fn::Join"][1];
    const at = parts.findIndex((part: unknown) => typeof part === "string" && part.startsWith(":aud"));
    expect(parts[at - 1]).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Pool/), "ProviderName"] });
    expect(parts[at]).toBe(':aud":["');
    expect(parts[at + 1]).toEqual({ Ref: expect.stringMatching(/^PoolAcme/) });
  });

  test("a provider that the account has already is taken", () => {
    const { stack } = isolation();
    const oidcProvider = iam.OidcProviderNative.fromOidcProviderArn(
      stack,
      "Existing",
      `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
    );
    const userPool = cognito.UserPool.fromUserPoolId(stack, "SamePool", "eu-west-1_Example01");
    const second = new TenantIsolation(stack, "Second", {
      userPool,
      clients: [{ userPoolClientId: "acme" }],
      oidcProvider,
    });
    Template.fromStack(stack).resourceCountIs("AWS::IAM::OIDCProvider", 1);
    expect(second.oidcProvider).toBe(oidcProvider);
  });

  test("a broker alone needs no provider, and its role is the service's", () => {
    const stack = new Stack(new App(), "Stack");
    const construct = new TenantIsolation(stack, "Isolation", {
      userPool: cognito.UserPool.fromUserPoolId(stack, "Pool", "eu-west-1_Example01"),
      broker: { service: service(stack) },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::IAM::OIDCProvider", 0);
    expect(construct.webIdentityRoleArn).toBeUndefined();
    const role = Object.entries(template.findResources("AWS::IAM::Role")).find(([id]) => id.includes("Broker"))?.[1];
    const trust = JSON.stringify(role?.["Properties"].AssumeRolePolicyDocument);
    expect(trust).toContain("sts:AssumeRole\\");
    expect(trust).toContain("sts:TagSession");
    expect(trust).toMatch(/"Fn::GetAtt":\["Service/);
  });

  test("a broker of another stack or account is trusted by its ARN", () => {
    const stack = new Stack(new App(), "Stack", { env: { account: "111122223333", region: "eu-west-1" } });
    const arn = "arn:aws:iam::111122223333:role/orders";
    new TenantIsolation(stack, "Isolation", {
      userPool: cognito.UserPool.fromUserPoolId(stack, "Pool", "eu-west-1_Example01"),
      broker: { service: iam.Role.fromRoleArn(stack, "Service", arn) },
    });
    Template.fromStack(stack).hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Principal: { AWS: arn }, Action: "sts:AssumeRole" })]),
      },
    });
  });

  test("somebody has to be there", () => {
    expect(() => isolation({ clients: [] })).toThrow("ISOLATION_NOBODY");
  });

  test("more clients than IAM takes are told of the broker", () => {
    const clients = (count: number) => Array.from({ length: count }, (_, n) => ({ userPoolClientId: `client${n}` }));
    expect(() => isolation({ clients: clients(100) })).not.toThrow();
    expect(() => isolation({ clients: clients(101) })).toThrow(/ISOLATION_AUDIENCES: 101 app clients.*`broker`/);
  });

  test("a trust policy longer than IAM takes unasked is warned of", () => {
    const clients = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ userPoolClientId: `${n}`.padStart(26, "x") }));
    const warnings = (count: number) =>
      Annotations.fromStack(isolation({ clients: clients(count) }).stack).findWarning("*", Match.anyValue());
    expect(warnings(20)).toHaveLength(0);
    expect(warnings(100)[0]?.entry.data).toContain("L-C07B4B0D");
  });

  test("sessions last an hour, and longer only for a reason", () => {
    Template.fromStack(isolation().stack).hasResourceProperties("AWS::IAM::Role", { MaxSessionDuration: 3600 });
    const longerSession = { duration: Duration.hours(4), reason: "Exports run for hours." };
    Template.fromStack(isolation({ longerSession }).stack).hasResource("AWS::IAM::Role", {
      Properties: { MaxSessionDuration: 14400 },
      Metadata: { "tenantry:longerSession": "Exports run for hours." },
    });
    const tooLong = { ...longerSession, duration: Duration.hours(13) };
    expect(() => isolation({ longerSession: tooLong })).toThrow("ISOLATION_SESSION");
  });

  test.each(["tenant_id", "Tenant_ID"])("the role must not carry the tag %s itself", (key) => {
    const { stack } = isolation();
    Tags.of(stack).add(key, "t_everybody");
    expect(() => Template.fromStack(stack)).toThrow(/must not be tagged/);
  });

  test("other tags are welcome", () => {
    const { stack } = isolation();
    Tags.of(stack).add("team", "identity");
    Template.fromStack(stack).hasResourceProperties("AWS::IAM::Role", { Tags: [{ Key: "team", Value: "identity" }] });
  });
});

describe("what the session reaches", () => {
  const aTable = (stack: Stack, more: Partial<dynamodb.TableProps> = {}) =>
    new dynamodb.Table(stack, "Orders", {
      partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
      ...more,
    });
  const ofTheTenant = {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [tenant, `${tenant}#*`] },
    Null: { "dynamodb:LeadingKeys": "false" },
  };

  test("nothing without a grant, and nothing ever without a tenant's tag", () => {
    const { stack } = isolation();
    expect(statements(stack)).toEqual([
      {
        Effect: "Deny",
        Action: "*",
        Resource: "*",
        Condition: { StringNotLike: { "aws:PrincipalTag/tenant_id": "t_??????????????????????????" } },
      },
      {
        Effect: "Deny",
        Action: "*",
        Resource: "*",
        Condition: { StringLike: { "aws:PrincipalTag/tenant_id": [`*${variable("*")}*`, `*${variable("?")}*`] } },
      },
    ]);
  });

  test("a table is read by the tenant's keys, without its indexes, Scan and PartiQL", () => {
    const { stack, construct } = isolation();
    construct.grantTable(aTable(stack));
    expect(granted(stack)).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
        Resource: { "Fn::GetAtt": [expect.stringMatching(/^Orders/), "Arn"] },
        Condition: ofTheTenant,
      },
    ]);
  });

  test("a table is written to when asked, and an index queried when named", () => {
    const { stack, construct } = isolation();
    const table = aTable(stack);
    table.addGlobalSecondaryIndex({
      indexName: "by_day",
      partitionKey: { name: "day_of", type: dynamodb.AttributeType.STRING },
    });
    construct.grantTable(table, { write: true, indexes: ["by_day"] });
    const [items, index] = granted(stack);
    expect(items?.Action).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]);
    expect(index).toMatchObject({ Action: "dynamodb:Query", Condition: ofTheTenant });
    expect(JSON.stringify(index?.Resource)).toContain('"/index/by_day"');
  });

  test("keys that cannot begin with a tenant's id are refused", () => {
    const { stack, construct } = isolation();
    const partitionKey = { name: "number", type: dynamodb.AttributeType.NUMBER };
    const table = aTable(stack);
    table.addGlobalSecondaryIndex({ indexName: "by_number", partitionKey });
    expect(() => construct.grantTable(new dynamodb.Table(stack, "Numbers", { partitionKey }))).toThrow("ISOLATION_KEY");
    expect(() => construct.grantTable(table, { indexes: ["by_number"] })).toThrow(/ISOLATION_KEY.*by_number/);
    expect(() => construct.grantTable(table, { indexes: ["by_nothing"] })).toThrow(/by_nothing/);
    expect(granted(stack)).toEqual([]);
  });

  test("an index is named, and no pattern of names is one", () => {
    const { stack, construct } = isolation();
    const table = aTable(stack);
    const partitionKey = { name: "day_of", type: dynamodb.AttributeType.STRING };
    table.addGlobalSecondaryIndex({ indexName: "by_day", partitionKey });
    for (const pattern of ["*", "by_*", "by_da?", "by_day/x", "ab", ""]) {
      expect(() => construct.grantTable(table, { indexes: ["by_day", pattern] })).toThrow(/^ISOLATION_INDEX: /);
    }
    expect(granted(stack)).toEqual([]);
    const other = isolation();
    other.construct.grantTable(dynamodb.Table.fromTableName(other.stack, "Orders", "orders"), { indexes: ["by_day"] });
    expect(granted(other.stack)).toHaveLength(2);
  });

  test("Tenantry's own table is refused", () => {
    const { stack, construct } = isolation();
    const { table } = new TenantTable(stack, "Own");
    expect(() => construct.grantTable(table)).toThrow("ISOLATION_OWN_TABLE");
    expect(granted(stack)).toEqual([]);
  });

  test("a bucket is read below the tenant's prefix, and listed there", () => {
    const { stack, construct } = isolation();
    construct.grantBucket(s3.Bucket.fromBucketName(stack, "Documents", "documents"));
    expect(granted(stack)).toMatchObject([
      { Action: "s3:GetObject" },
      { Action: "s3:ListBucket", Condition: { StringLike: { "s3:prefix": `${tenant}/*` } } },
    ]);
    expect(JSON.stringify(granted(stack)[0]?.Resource)).toContain(`:s3:::documents/${tenant}/*`);
  });

  test("a bucket is written to when asked", () => {
    const { stack, construct } = isolation();
    construct.grantBucket(s3.Bucket.fromBucketName(stack, "Documents", "documents"), { write: true });
    const [objects] = granted(stack);
    expect(objects?.Action).toEqual(["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
  });

  test("a customer's key comes through the service that holds the data", () => {
    const { stack, construct } = isolation();
    const key = new kms.Key(stack, "Key");
    const encryption = dynamodb.TableEncryption.CUSTOMER_MANAGED;
    construct.grantTable(aTable(stack, { encryption, encryptionKey: key }));
    construct.grantBucket(new s3.Bucket(stack, "Documents", { encryptionKey: key }));
    const ofKeys = granted(stack).filter(({ Action }) => [Action].flat().every((action) => action.startsWith("kms:")));
    expect(ofKeys.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [["kms:Decrypt", "kms:DescribeKey"], { StringEquals: { "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com" } }],
      ["kms:Decrypt", { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } }],
    ]);
  });

  test("another service's statement names the tenant", () => {
    const { stack, construct } = isolation();
    const parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter";
    construct.grant(
      (id) => new iam.PolicyStatement({ actions: ["ssm:GetParameter"], resources: [`${parameter}/${id}/*`] }),
    );
    expect(granted(stack)).toEqual([
      { Effect: "Allow", Action: "ssm:GetParameter", Resource: `${parameter}/${tenant}/*` },
    ]);
  });

  test("what every tenant would get is refused, or explained", () => {
    const { stack, construct } = isolation();
    const prices = () =>
      new iam.PolicyStatement({ actions: ["ssm:GetParameter"], resources: ["arn:aws:ssm:::prices"] });
    expect(() => construct.grant(prices)).toThrow("ISOLATION_SHARED");
    expect(granted(stack)).toEqual([]);
    const second = isolation();
    second.construct.grant(prices, { reason: "Prices are the same for everybody." });
    expect(granted(second.stack)).toHaveLength(1);
    Template.fromStack(second.stack).hasResource("AWS::IAM::Role", {
      Metadata: { "tenantry:same-for-every-tenant": "Prices are the same for everybody." },
    });
  });

  test("a custom attribute as variable is refused: IAM does not know it", () => {
    const { construct } = isolation();
    const resources = [`arn:aws:s3:::documents/${variable(`${issuer}:custom:tenant_id`)}/*`];
    const statement = () => new iam.PolicyStatement({ actions: ["s3:GetObject"], resources });
    expect(() => construct.grant(statement, { reason: "It was so in a tutorial." })).toThrow("ISOLATION_VARIABLE");
  });

  test("both roles reach the same", () => {
    const stack = new Stack(new App(), "Stack");
    const construct = new TenantIsolation(stack, "Isolation", {
      userPool: cognito.UserPool.fromUserPoolId(stack, "Pool", "eu-west-1_Example01"),
      clients: [{ userPoolClientId: "acme" }],
      broker: { service: service(stack) },
    });
    construct.grantTable(aTable(stack));
    const roles = Object.entries(Template.fromStack(stack).findResources("AWS::IAM::Role"));
    const policies = roles.filter(([id]) => id.startsWith("Isolation")).map(([, role]) => role["Properties"].Policies);
    expect(policies).toHaveLength(2);
    expect(policies[0]).toEqual(policies[1]);
  });
});
