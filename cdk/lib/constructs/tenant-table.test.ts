import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import * as kms from "aws-cdk-lib/aws-kms";
import { expect, test } from "vitest";
import { facts } from "../facts.ts";
import { TenantTable } from "./tenant-table.ts";

const stack = () => new Stack(new App(), "Stack");

test("has the keys, the time to live and the index that the Rust code defines, and no others", () => {
  const own = stack();
  new TenantTable(own, "Table");
  const { partitionKey, sortKey, timeToLive, index } = facts.table;
  const schema = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: "HASH" },
    { AttributeName: range, KeyType: "RANGE" },
  ];
  Template.fromStack(own).hasResourceProperties("AWS::DynamoDB::Table", {
    KeySchema: schema(partitionKey, sortKey),
    AttributeDefinitions: [partitionKey, sortKey, index.partitionKey, index.sortKey].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S",
    })),
    TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
    GlobalSecondaryIndexes: [
      {
        IndexName: index.name,
        KeySchema: schema(index.partitionKey, index.sortKey),
        Projection: { ProjectionType: "ALL" },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
    SSESpecification: { SSEEnabled: false },
  });
});

test("is kept, protected against deletion and recoverable", () => {
  const own = stack();
  new TenantTable(own, "Table");
  Template.fromStack(own).hasResource("AWS::DynamoDB::Table", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
  });
});

test("goes with its stack only with a reason, which the template keeps", () => {
  const own = stack();
  new TenantTable(own, "Table", { disposable: { reason: "a trial" } });
  Template.fromStack(own).hasResource("AWS::DynamoDB::Table", {
    DeletionPolicy: "Delete",
    Properties: { DeletionProtectionEnabled: false },
    Metadata: { "tenantry:disposable": "a trial" },
  });
});

test("is encrypted with a customer key where one is given, and lets it be used through DynamoDB alone", () => {
  const own = stack();
  const encryptionKey = new kms.Key(own, "Key");
  const table = new TenantTable(own, "Table", { encryptionKey });
  Template.fromStack(own).hasResourceProperties("AWS::DynamoDB::Table", {
    SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: { "Fn::GetAtt": [Match.anyValue(), "Arn"] } },
  });
  const [read, write] = [table.keyStatements("read"), table.keyStatements("write")].map((s) =>
    s.map((one) => one.toStatementJson()),
  );
  expect(read?.[0].Action).toEqual(["kms:Decrypt", "kms:DescribeKey"]);
  expect(write?.[0].Action).toEqual(expect.arrayContaining(["kms:Encrypt", "kms:GenerateDataKey"]));
  for (const one of [read, write]) {
    expect(Object.keys(one?.[0].Condition.StringEquals)).toEqual(["kms:ViaService"]);
    expect(JSON.stringify(one)).not.toContain("*");
  }
  expect(new TenantTable(own, "Other").keyStatements("write")).toEqual([]);
});
