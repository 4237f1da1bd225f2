import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { CodeKey, type CodeKeyProps } from "./code-key.ts";

function made(props: CodeKeyProps = {}) {
  const stack = new Stack(new App(), "Stack");
  const key = new CodeKey(stack, "CodeKey", props);
  return { template: Template.fromStack(stack), environment: stack.resolve(key.environment) };
}

const reference = (version: string) => ({
  "Fn::Join": [
    "",
    ["{{resolve:secretsmanager:", { Ref: expect.stringMatching(/^CodeKeySecret/) }, `:SecretString:::${version}}}`],
  ],
});

test("is generated from letters and digits alone, which is base64 of more bytes than the binaries ask for", () => {
  const { template } = made();
  template.hasResource("AWS::SecretsManager::Secret", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  });
  // 64 characters are whole groups of four: no padding is missing.
  expect([64 % 4, (64 / 4) * 3]).toEqual([0, 48]);
});

test("reaches the functions by a reference alone", () => {
  expect(made().environment).toEqual({ TENANTRY_CODE_KEY: reference("") });
});

test("is replaced by naming both versions, since CloudFormation does not see a secret change", () => {
  const [version, previousVersion] = ["11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"];
  const { environment } = made({ version, previousVersion });
  expect(environment).toEqual({
    TENANTRY_CODE_KEY: reference(version),
    TENANTRY_CODE_KEY_PREVIOUS: reference(previousVersion),
  });
});

test("takes nothing for a version that would be another reference", () => {
  for (const version of ["", "new", "a:b}}{{resolve:ssm:x", "x".repeat(65)]) {
    expect(() => made({ version }), version).toThrow(/^CODE_KEY_VERSION: /);
    expect(() => made({ previousVersion: version }), version).toThrow(/^CODE_KEY_VERSION: /);
  }
});

test("goes with its stack only with a reason", () => {
  made({ disposable: { reason: "a trial" } }).template.hasResource("AWS::SecretsManager::Secret", {
    DeletionPolicy: "Delete",
    Metadata: { "tenantry:disposable": "a trial" },
  });
});
