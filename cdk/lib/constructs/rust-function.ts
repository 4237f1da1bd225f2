/**
 * One Rust binary as a Lambda function.
 *
 * @module
 */
import { Arn, ArnFormat, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { BinaryName } from "../facts.ts";
import type { FunctionCode } from "../function-code.ts";
import { explain, type Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";
import { refuseDeployment } from "../refuse-deployment.ts";

// Whoever builds on this file finds the type here too.
export type { Reasoned } from "../reasoned.ts";

/** How a function runs; the same for all of ours unless it is said otherwise. */
export interface RustFunctionSettings {
  /**
   * The processor that the binaries were built for.
   *
   * @default arm64, which costs a fifth less a millisecond
   */
  readonly architecture?: lambda.Architecture;
  /**
   * Memory in MB, and with it the share of a processor: at 256 MB a seventh of one. The binaries use 6 MB; below 256 MB the TLS handshake of a cold
   * start is what people wait for.
   *
   * @default 256
   */
  readonly memorySize?: number;
  /**
   * How long the logs are kept. They hold no address, token, code or event.
   *
   * @default three months
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * What becomes of the log group when the function goes. One that is kept stands in the way of a new function of the same name.
   *
   * @default DESTROY
   */
  readonly logRemovalPolicy?: RemovalPolicy;
  /**
   * A key for the log group. Its policy has to let CloudWatch Logs use it.
   *
   * @default CloudWatch Logs' own
   */
  readonly logKey?: kms.IKeyRef;
  /**
   * X-Ray traces. AWS knows no resource for `xray:PutTraceSegments` and `xray:PutTelemetryRecords`, so that the function's role then has `*` there: hence
   * the reason.
   *
   * @default none
   */
  readonly tracing?: Reasoned;
  /**
   * A customer key for the function's environment variables. Without `kms:Decrypt` on it, `GetFunctionConfiguration` shows none of them.
   *
   * @default Lambda's own: whoever may call `GetFunctionConfiguration` reads them
   */
  readonly environmentKey?: kms.IKey;
}

/** What a function is made of. */
export interface RustFunctionProps extends RustFunctionSettings {
  /** The binary. */
  readonly binary: BinaryName;
  /** Where the binaries are. */
  readonly code: FunctionCode;
  /** What it is for, as the console shows it. */
  readonly description: string;
  /**
   * The function's name. The log group goes by `/aws/lambda/` and the name.
   *
   * @default CloudFormation's
   */
  readonly functionName?: string;
  /**
   * Its variables.
   *
   * @default none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * When Lambda gives up.
   *
   * @default 5 seconds: Cognito waits no longer [Amazon Cognito developer guide, "Customizing user pool workflows with Lambda triggers"], and the binaries answer
   * within 3.5
   */
  readonly timeout?: Duration;
}

/**
 * A binary on `provided.al2023`, with a log group of its own, a role that may write into that group and nothing else, and an alias `live` whose earlier
 * versions stay for going back:
 *
 * ```sh
 * aws lambda update-alias --function-name tenantry-pre-sign-up --name live --function-version 3
 * ```
 */
export class RustFunction extends Construct {
  /** The function. What calls it calls {@link alias}. */
  readonly function: lambda.Function;
  /** `live`: the version that is called. */
  readonly alias: lambda.Alias;
  /** Where its lines go. */
  readonly logGroup: logs.LogGroup;
  /** Who it runs as. */
  readonly role: iam.Role;

  /**
   * Throws `CODE_ARCHITECTURE` if the binary was built for another processor.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what it is made of
   */
  constructor(scope: Construct, id: string, props: RustFunctionProps) {
    super(scope, id);
    const architecture = props.architecture ?? lambda.Architecture.ARM_64;
    this.#checkCode(props, architecture);

    this.logGroup = new logs.LogGroup(this, "Logs", {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: props.logRemovalPolicy ?? RemovalPolicy.DESTROY,
      // The name that the console, and whoever looks for a function's lines, expects.
      ...(props.functionName !== undefined && { logGroupName: `/aws/lambda/${props.functionName}` }),
      ...(props.logKey !== undefined && { encryptionKey: props.logKey }),
    });
    this.role = this.#role(props);
    this.function = new lambda.Function(this, "Function", {
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: "bootstrap",
      code: props.code.of(props.binary),
      description: props.description,
      architecture,
      memorySize: props.memorySize ?? 256,
      timeout: props.timeout ?? Duration.seconds(5),
      role: this.role,
      logGroup: this.logGroup,
      environment: { ...props.environment },
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      tracing: props.tracing === undefined ? lambda.Tracing.DISABLED : lambda.Tracing.ACTIVE,
      ...(props.functionName !== undefined && { functionName: props.functionName }),
      ...(props.environmentKey !== undefined && { environmentEncryption: props.environmentKey }),
    });
    if (props.tracing !== undefined) this.#explainTracing(props.tracing);
    // The library's own types do not keep to `exactOptionalPropertyTypes`.
    const version = this.function.currentVersion as lambda.IVersion;
    this.alias = new lambda.Alias(this, "Live", { aliasName: "live", version });
  }

  #explainTracing(tracing: Reasoned): void {
    explain(this.function, "tracing", tracing);
    Validations.of(this.role).acknowledge({
      id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
      reason: `X-Ray's two actions know no resource [Service authorization reference]. Traces were asked for: ${tracing.reason}`,
    });
  }

  #checkCode(props: RustFunctionProps, architecture: lambda.Architecture): void {
    if (!props.code.has(props.binary)) {
      refuseDeployment(
        this,
        "FunctionsAreBuilt",
        `The functions were not built when this template was made (${props.binary} is missing). Run \`cargo lambda build --release --arm64\` or download a release's zips, name their folder in the configuration (\`functions\`), and deploy again.`,
      );
      return;
    }
    const built = props.code.architectureOf(props.binary);
    if (built !== undefined && built.name !== architecture.name) {
      refused(
        "CODE_ARCHITECTURE",
        `The binary of ${props.binary} was built for ${built.name}, and its function is to run on ${architecture.name}. Build it for ${architecture.name} (\`cargo lambda build --release ${architecture.name === "arm64" ? "--arm64" : "--x86-64"}\`), or set the architecture to ${built.name}.`,
      );
    }
  }

  /** `AWSLambdaBasicExecutionRole` may write into every log group of the account; this role into one. */
  #role(props: RustFunctionProps): iam.Role {
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: `Tenantry: ${props.binary}`,
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: "WriteOwnLog",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [this.logGroup.logGroupArn],
      }),
    );
    if (props.environmentKey !== undefined) {
      role.addToPolicy(
        new iam.PolicyStatement({
          sid: "ReadOwnEnvironment",
          actions: ["kms:Decrypt"],
          resources: [props.environmentKey.keyArn],
        }),
      );
    }
    return role;
  }
}

/** The ARN of something of the stack's own account and Region. */
export function ownArn(scope: Construct, service: string, resource: string, name: string): string {
  return Arn.format(
    { service, resource, resourceName: name, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
    Stack.of(scope),
  );
}

/**
 * How long logs are kept, by days.
 *
 * Throws `LOG_RETENTION` for a number of days that CloudWatch Logs does not offer.
 */
export function retention(days: number): logs.RetentionDays {
  const offered = Object.values(logs.RetentionDays).filter(
    (value): value is logs.RetentionDays => typeof value === "number",
  );
  const forEver = logs.RetentionDays.INFINITE;
  return (
    offered.find((value) => value === days && value !== forEver) ??
    refused(
      "LOG_RETENTION",
      `CloudWatch Logs keeps lines for ${offered.filter((value) => value !== forEver).join(", ")} days, not for ${days}.`,
    )
  );
}
