import { App, Duration, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { describe, expect, test } from "vitest";
import { built } from "../../test/synthesized.ts";
import { facts, triggerNames } from "../facts.ts";
import { FunctionCode } from "../function-code.ts";
import { TenantTable } from "./tenant-table.ts";
import { AdoptedPool, TenantTriggers } from "./tenant-triggers.ts";
import { TenantUserPool, type TenantUserPoolProps, writeAttributes } from "./tenant-user-pool.ts";

const binaries = built();

function triggersOf(stack: Stack): TenantTriggers {
  const sender = { from: "no-reply@acme.example" };
  return new TenantTriggers(stack, "Triggers", {
    table: new TenantTable(stack, "Table"),
    code: FunctionCode.folder(binaries),
    sender,
  });
}

function made(props: Partial<TenantUserPoolProps> = {}) {
  const stack = new Stack(new App(), "Stack");
  const triggers = triggersOf(stack);
  const pool = new TenantUserPool(stack, "Pool", { triggers, ...props });
  return { stack, pool, triggers, template: () => Template.fromStack(stack) };
}

const properties = (template: Template) =>
  Object.values(template.findResources("AWS::Cognito::UserPool"))[0]?.["Properties"];

describe("whatever is said of it, a pool", () => {
  const sayings: [string, Partial<TenantUserPoolProps>][] = [
    ["nothing", {}],
    ["lite", { plan: "lite" }],
    ["plus", { plan: "plus", threatProtection: "enforce", mfa: "optional", selfSignUp: false }],
    // What the type does not have must not get through either.
    [
      "the contrary",
      {
        signInAliases: { username: true },
        autoVerify: {},
        keepOriginal: {},
        signInCaseSensitive: true,
        deviceTracking: {},
      } as never,
    ],
  ];
  test.each(sayings)("has verified e-mail addresses as user names, confirmed by code (%s)", (_, props) => {
    const found = properties(made(props).template());
    expect(found).toMatchObject({
      UsernameAttributes: ["email"],
      UsernameConfiguration: { CaseSensitive: false },
      AutoVerifiedAttributes: ["email"],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ["email"] },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "verified_email", Priority: 1 }] },
      VerificationMessageTemplate: { DefaultEmailOption: "CONFIRM_WITH_CODE" },
    });
    expect(found).not.toHaveProperty("DeviceConfiguration");
    expect(found).not.toHaveProperty("AliasAttributes");
  });
});

test("is kept and protected against deletion", () => {
  made()
    .template()
    .hasResource("AWS::Cognito::UserPool", {
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: { DeletionProtection: "ACTIVE", UserPoolTier: "ESSENTIALS", MfaConfiguration: "OFF" },
    });
});

describe("its slots", () => {
  test("call the aliases, with the newest event for tokens", () => {
    const { LambdaConfig } = properties(made().template());
    const { PreTokenGenerationConfig, ...others } = LambdaConfig;
    expect(PreTokenGenerationConfig).toEqual({
      LambdaArn: { Ref: expect.stringMatching(/PreTokenGenerationBinaryLive/) },
      LambdaVersion: "V3_0",
    });
    expect(Object.keys(others).sort()).toEqual(
      Object.values(facts.triggers)
        .map(({ slot }) => slot)
        .filter((slot) => slot !== "PreTokenGeneration")
        .sort(),
    );
    for (const [slot, arn] of Object.entries(others))
      expect([slot, arn]).toEqual([slot, { Ref: expect.stringMatching(/BinaryLive/) }]);
  });

  test("have V1 in a slot of its own, the only one of the plan lite", () => {
    const { pool, template } = made({ plan: "lite" });
    expect(pool.tokenVersion).toBe("V1");
    const { LambdaConfig } = properties(template());
    expect(LambdaConfig.PreTokenGeneration).toEqual({ Ref: expect.stringMatching(/PreTokenGenerationBinaryLive/) });
    expect(LambdaConfig).not.toHaveProperty("PreTokenGenerationConfig");
  });

  test("leave room for triggers of somebody else", () => {
    const { pool, stack, template } = made();
    const theirs = lambda.Function.fromFunctionArn(
      stack,
      "Theirs",
      "arn:aws:lambda:eu-west-1:111122223333:function:words",
    );
    pool.userPool.addTrigger(cognito.UserPoolOperation.CUSTOM_MESSAGE, theirs);
    const { LambdaConfig } = properties(template());
    expect(LambdaConfig.CustomMessage).toBe("arn:aws:lambda:eu-west-1:111122223333:function:words");
    expect(LambdaConfig.PreSignUp).toBeDefined();
  });
});

test("each function may be called by this pool of this account alone", () => {
  const permissions = Object.values(made().template().findResources("AWS::Lambda::Permission")).map(
    ({ Properties }) => Properties,
  );
  expect(permissions).toHaveLength(triggerNames.length);
  expect(new Set(permissions.map(({ FunctionName }) => JSON.stringify(FunctionName))).size).toBe(triggerNames.length);
  for (const permission of permissions) {
    expect(permission).toEqual({
      Action: "lambda:InvokeFunction",
      FunctionName: { Ref: expect.stringMatching(/BinaryLive/) },
      Principal: "cognito-idp.amazonaws.com",
      SourceArn: { "Fn::GetAtt": [expect.stringMatching(/^Pool/), "Arn"] },
      SourceAccount: { Ref: "AWS::AccountId" },
    });
  }
});

test("two pools can have the same functions", () => {
  const { stack, triggers, template } = made();
  new TenantUserPool(stack, "Second", { triggers });
  template().resourceCountIs("AWS::Lambda::Function", 6);
  template().resourceCountIs("AWS::Lambda::Permission", 12);
});

describe("refuses", () => {
  test.each(["V2", "V3"] as const)("%s with the plan lite", (tokenVersion) => {
    expect(() => made({ plan: "lite", tokenVersion })).toThrow(/^PLAN_TOKEN_VERSION: .*lite.*V1/);
  });

  test.each(["lite", "essentials"] as const)("threat protection with the plan %s", (plan) => {
    expect(() => made({ plan, threatProtection: "audit" })).toThrow(/^PLAN_THREAT_PROTECTION: .*plus/);
  });
});

test("looks for stolen passwords in password sign-ins and in custom challenges alike", () => {
  made({ plan: "plus", threatProtection: "enforce" })
    .template()
    .hasResourceProperties("AWS::Cognito::UserPool", {
      UserPoolTier: "PLUS",
      UserPoolAddOns: {
        AdvancedSecurityMode: "ENFORCED",
        AdvancedSecurityAdditionalFlows: { CustomAuthMode: "ENFORCED" },
      },
    });
});

test("offers an authenticator app as its own second factor, never text messages", () => {
  made({ mfa: "optional" })
    .template()
    .hasResourceProperties("AWS::Cognito::UserPool", {
      MfaConfiguration: "OPTIONAL",
      EnabledMfas: ["SOFTWARE_TOKEN_MFA"],
      SmsConfiguration: Match.absent(),
    });
});

test("warns of a second factor for everybody, which comes on top of a tenant's code", () => {
  const { stack } = made({ mfa: "required" });
  expect(Annotations.fromStack(stack).findWarning("*", Match.stringLikeRegexp("answer two"))).toHaveLength(1);
});

test("app clients write the standard attributes, and neither custom ones nor what Cognito verifies", () => {
  const written = writeAttributes().attributes();
  expect(written).toContain("email");
  expect(written.filter((name) => name.startsWith("custom:") || name.endsWith("_verified"))).toEqual([]);
  expect(written).toHaveLength(17);
});

describe("an adopted pool", () => {
  const arn = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01";

  test("may call the functions, and nothing of it is changed", () => {
    const stack = new Stack(new App(), "Stack");
    new AdoptedPool(stack, "Adopted", { triggers: triggersOf(stack), userPoolArn: arn });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::Cognito::UserPool", 0);
    template.allResourcesProperties("AWS::Lambda::Permission", {
      SourceArn: arn,
      SourceAccount: { Ref: "AWS::AccountId" },
    });
    template.resourceCountIs("AWS::Lambda::Permission", 6);
  });

  test("is refused if it is none, or of another Region", () => {
    const stack = new Stack(new App(), "Stack", { env: { region: "us-east-1" } });
    const triggers = triggersOf(stack);
    const adopt = (userPoolArn: string) => () => new AdoptedPool(stack, `A${userPoolArn}`, { triggers, userPoolArn });
    for (const none of [
      "eu-west-1_Example01",
      "",
      arn.replace("userpool", "identitypool"),
      arn.replace("userpool/eu-west-1", "userpool/eu-west-2"),
    ]) {
      expect(adopt(none), none).toThrow(/^POOL_ARN: /);
    }
    expect(adopt(arn)).toThrow(/^POOL_REGION: .*eu-west-1.*us-east-1/);
  });

  test("is refused if it is a stranger's", () => {
    const stack = new Stack(new App(), "Stack", { env: { account: "999988887777" } });
    const triggers = triggersOf(stack);
    expect(() => new AdoptedPool(stack, "Adopted", { triggers, userPoolArn: arn })).toThrow(
      /^POOL_ACCOUNT: .*111122223333.*999988887777/,
    );
  });
});

test("weaker passwords take a reason, and what is not said stays ours", () => {
  const pool = (passwordPolicy: NonNullable<TenantUserPoolProps["passwordPolicy"]>) => {
    const stack = new Stack(new App(), "Stack");
    new TenantUserPool(stack, "Pool", { triggers: triggersOf(stack), passwordPolicy });
    return Template.fromStack(stack);
  };
  for (const looser of [{ minLength: 8 }, { requireSymbols: false }, { tempPasswordValidity: Duration.days(7) }]) {
    expect(() => pool(looser)).toThrow(/^PASSWORD_POLICY: /);
  }
  pool({ minLength: 16 }).hasResourceProperties("AWS::Cognito::UserPool", {
    Policies: { PasswordPolicy: { MinimumLength: 16, RequireSymbols: true, TemporaryPasswordValidityDays: 3 } },
  });
  pool({ requireSymbols: false, reason: "20 characters instead", minLength: 20 }).hasResource(
    "AWS::Cognito::UserPool",
    {
      Metadata: { "tenantry:passwordPolicy": "20 characters instead" },
      Properties: { Policies: { PasswordPolicy: { MinimumLength: 20, RequireSymbols: false } } },
    },
  );
});
