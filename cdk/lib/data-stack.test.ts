import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { DataStack, type DataStackProps } from "./data-stack.ts";

const key = (region: string) => `arn:aws:kms:${region}:111122223333:key/11111111-aaaa-4aaa-8aaa-111111111111`;

function data(customerKey: string, region?: string): DataStack {
  const props: DataStackProps = region === undefined ? {} : { env: { account: "111122223333", region } };
  return new DataStack(new App(), "Data", { customerKey, ...props });
}

describe("a customer key", () => {
  test("of another Region is refused: services use keys of their own alone", () => {
    expect(() => data(key("eu-west-2"), "eu-west-1")).toThrow(/^KEY_REGION: .*is of eu-west-2.*of eu-west-1/);
  });

  test.each<[string, string | undefined]>([
    ["of the same Region", "eu-west-1"],
    ["where nobody said the Region, which CloudFormation then looks at,", undefined],
  ])("%s is the table's and the secret's", (_, region) => {
    const template = Template.fromStack(data(key("eu-west-1"), region));
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      SSESpecification: { KMSMasterKeyId: key("eu-west-1"), SSEEnabled: true, SSEType: "KMS" },
    });
    template.hasResourceProperties("AWS::SecretsManager::Secret", { KmsKeyId: key("eu-west-1") });
    template.resourceCountIs("AWS::KMS::Key", 0);
  });

  test("that is made turns, and stays", () => {
    Template.fromStack(data("create", "eu-west-1")).hasResource("AWS::KMS::Key", {
      Properties: { EnableKeyRotation: true, KeyPolicy: Match.anyValue() },
      DeletionPolicy: "Retain",
    });
  });
});
