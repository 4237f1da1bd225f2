/**
 * One deployment: its stacks, as a configuration asks for them.
 *
 * @module
 */
import { Annotations, Stage, Tags, Token, Validations } from "aws-cdk-lib";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import { retention } from "./constructs/rust-function.ts";
import { DataStack } from "./data-stack.ts";
import { FunctionCode } from "./function-code.ts";
import { IdentityStack, type IdentityStackProps } from "./identity-stack.ts";
import { IsolationStack } from "./isolation-stack.ts";
import { addressOf, configurationSetOf, identityOf } from "./sender.ts";

/** The stacks of one deployment, called `<stage>-Data`, `<stage>-Identity` and, where it is asked for, `<stage>-Isolation`. */
export class TenantryStage extends Stage {
  /** What must outlive every deployment. */
  readonly data: DataStack;
  /** Functions and pool. */
  readonly identity: IdentityStack;
  /** Who gets credentials of a tenant, if that was asked for. */
  readonly isolation: IsolationStack | undefined;

  /**
   * @param scope the app
   * @param configuration what to deploy
   */
  constructor(scope: Construct, configuration: Configuration) {
    const { stage = "Tenantry", prefix = "tenantry", account, region } = configuration;
    super(scope, stage, {
      env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    });
    const disposable =
      configuration.disposable === undefined ? {} : { disposable: { reason: configuration.disposable } };
    this.data = new DataStack(this, "Data", {
      description: "Tenantry: the table and the key of the codes",
      ...only({
        tableName: configuration.tableName,
        customerKey: configuration.customerKey,
        codeKey: configuration.codeKey,
      }),
      ...disposable,
    });
    this.identity = new IdentityStack(this, "Identity", {
      description: "Tenantry: the user pool and its triggers",
      data: this.data,
      triggers: triggers(configuration, prefix),
      userPool: configuration.createPool === false ? false : { ...pool(configuration), ...disposable },
      ...only({
        adoptedPools: configuration.adoptedPools,
        alarmTopics: configuration.alarmTopics,
        observability: configuration.observability,
      }),
    });
    if (configuration.createPool === false && !configuration.adoptedPools?.length) {
      Annotations.of(this.identity).addWarningV2(
        "tenantry:PoolLeft",
        "`createPool` is false, and `adoptedPools` names no pool: nothing may call the functions. If this deployment made a pool before, that pool stays, and every sign-in at it fails once its permissions are gone. Put its ARN into `adoptedPools` in the same deployment.",
      );
    }
    this.isolation = isolation(this, configuration, this.identity);
    // The bill can be split by them once they are activated as cost-allocation tags.
    Tags.of(this).add("tenantry:deployment", prefix);
    for (const stack of [this.data, this.identity, this.isolation]) {
      if (stack !== undefined) Tags.of(stack).add("tenantry:component", stack.node.id.toLowerCase());
    }
    for (const [key, value] of Object.entries(configuration.tags ?? {})) Tags.of(this).add(key, value);
  }
}

/** What was said, without what was not: an absent setting leaves the construct's default. */
function only<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}

function triggers(configuration: Configuration, functionsPrefix: string): IdentityStackProps["triggers"] {
  const { functions, architecture, logRetentionDays, tracing } = configuration;
  return {
    functionsPrefix,
    code: functions === undefined ? FunctionCode.absent() : FunctionCode.folder(functions),
    architecture: architecture === "x86_64" ? lambda.Architecture.X86_64 : lambda.Architecture.ARM_64,
    ...only({
      sender: configuration.sender,
      claims: configuration.claims,
      codeMinutes: configuration.codeMinutes,
      logLevel: configuration.logLevel,
      memorySize: configuration.memorySize,
      logRetention: logRetentionDays === undefined ? undefined : retention(logRetentionDays),
      tracing: tracing === undefined ? undefined : { reason: tracing },
    }),
  };
}

function pool(configuration: Configuration) {
  const { plan, tokenVersion, threatProtection, mfa, selfSignUp, poolSender } = configuration;
  return {
    ...only({ plan, tokenVersion, threatProtection, mfa, selfSignUp }),
    ...(poolSender !== undefined && { email: mail(poolSender) }),
  };
}

/** The pool's own mails (verification, recovery) by SES; without it Cognito sends 50 a day at most. */
function mail(sender: NonNullable<Configuration["poolSender"]>): cognito.UserPoolEmail {
  const name = /^\s*([^<]*?)\s*</.exec(sender.from)?.[1];
  const identity = identityOf(sender);
  return cognito.UserPoolEmail.withSES({
    fromEmail: addressOf(sender.from),
    ...(name && { fromName: name }),
    ...(identity.includes("@") ? {} : { sesVerifiedDomain: identity }),
    ...only({ configurationSetName: configurationSetOf(sender) }),
  });
}

function isolation(
  scope: Construct,
  configuration: Configuration,
  identity: IdentityStack,
): IsolationStack | undefined {
  const asked = configuration.isolation;
  if (asked === undefined || identity.pool === undefined) return undefined;
  const { clients, brokerRole, tables = [], buckets = [] } = asked;
  const service =
    brokerRole === undefined ? undefined : iam.Role.fromRoleArn(identity, "Broker", brokerRole, { mutable: false });
  const stack = new IsolationStack(scope, "Isolation", {
    description: "Tenantry: AWS credentials of one tenant",
    terminationProtection: configuration.disposable === undefined,
    userPool: identity.pool,
    ...(clients?.length && { clients: clients.map((userPoolClientId) => ({ userPoolClientId })) }),
    ...(service !== undefined && { broker: { service } }),
  });
  for (const { name, ...options } of tables) {
    stack.isolation.grantTable(dynamodb.Table.fromTableName(stack, `Table${name}`, name), only(options));
  }
  for (const { name, ...options } of buckets) {
    stack.isolation.grantBucket(s3.Bucket.fromBucketName(stack, `Bucket${name}`, name), only(options));
    const partition = Token.isUnresolved(stack.partition) ? "<AWS::Partition>" : stack.partition;
    Validations.of(stack.isolation).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:${partition}:s3:::${name}/<aws:PrincipalTag/tenant_id>/*]`,
      reason: "Every object below the prefix of the session's own tenant, which is what isolation by prefix means.",
    });
  }
  return stack;
}
