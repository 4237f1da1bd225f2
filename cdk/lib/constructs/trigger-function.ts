/**
 * One trigger as a Lambda function that may do what its binary does, and nothing else.
 *
 * @module
 */
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import type * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type ClaimNames, claimsVariable } from "../claims.ts";
import { facts, type TriggerName } from "../facts.ts";
import type { FunctionCode } from "../function-code.ts";
import { refused } from "../refusal.ts";
import { refuseDeployment } from "../refuse-deployment.ts";
import { addressOf, configurationSetOf, identityOf, type Sender } from "../sender.ts";
import type { CodeKey } from "./code-key.ts";
import { ownArn, RustFunction, type RustFunctionSettings } from "./rust-function.ts";
import { readStatements, writeStatements } from "./table-statements.ts";
import type { TenantTable } from "./tenant-table.ts";

/** What the triggers are told; each takes what it reads. */
export interface TriggerSettings extends RustFunctionSettings {
  /** The table. */
  readonly table: TenantTable;
  /** Where the binaries are. */
  readonly code: FunctionCode;
  /**
   * What codes are computed with. Create and verify auth challenge need it.
   *
   * @default none
   */
  readonly codeKey?: CodeKey;
  /**
   * Who codes come from.
   *
   * @default none: templates can be made, and refuse to be deployed
   */
  readonly sender?: Sender;
  /**
   * Names of the claims. Tell `tenantctl` the same with `--claim`.
   *
   * @default each under its own name
   */
  readonly claims?: ClaimNames;
  /**
   * How many minutes a code counts, 1 to 15.
   *
   * @default 5
   */
  readonly codeMinutes?: number;
  /**
   * What is logged.
   *
   * @default info: a line an invocation
   */
  readonly logLevel?: "error" | "warn" | "info" | "debug" | "trace";
}

/** What a trigger is made of. */
export interface TriggerFunctionProps extends TriggerSettings {
  /** Which one. */
  readonly trigger: TriggerName;
  /**
   * The function's name. `tenantctl` takes a function for ours if its name contains the trigger's.
   *
   * @default CloudFormation's, which contains the trigger's name
   */
  readonly functionName?: string;
  /**
   * More variables, of those that the binary reads.
   *
   * @default none
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where nobody has said who codes come from. Its domain can belong to nobody (RFC 2606). */
const NO_SENDER = "no-reply@tenantry.example";

/** One trigger: its function, its log group, its role and the alias that user pools call. */
export class TriggerFunction extends Construct {
  /** Which one. */
  readonly trigger: TriggerName;
  /** The function. User pools call {@link alias}. */
  readonly function: lambda.Function;
  /** `live`: what user pools call. */
  readonly alias: lambda.Alias;
  /** Where its lines go. */
  readonly logGroup: logs.LogGroup;

  /**
   * Throws `ENVIRONMENT_UNKNOWN` for a variable that the binary does not read, `CODE_KEY_MISSING` where a code's key is needed, `CODE_MINUTES`, `SENDER_UNUSABLE`
   * and the codes of `claims` for values that the binary would refuse, `SENDER_IDENTITY` and `SENDER_CONFIGURATION_SET` for what SES would.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what it is made of
   */
  constructor(scope: Construct, id: string, props: TriggerFunctionProps) {
    super(scope, id);
    this.trigger = props.trigger;
    const made = new RustFunction(this, "Binary", {
      ...props,
      binary: props.trigger,
      description: `Tenantry: ${props.trigger.replaceAll("-", " ")}`,
      environment: environment(this, props),
    });
    this.function = made.function;
    this.alias = made.alias;
    this.logGroup = made.logGroup;
    for (const statement of statements(this, props)) made.role.addToPolicy(statement);
  }
}

function environment(scope: Construct, props: TriggerFunctionProps): Record<string, string> {
  const { required, optional } = facts.triggers[props.trigger].environment;
  const reads = (name: string) => required.includes(name) || optional.includes(name);
  for (const name of Object.keys(props.environment ?? {})) {
    if (!reads(name)) {
      refused(
        "ENVIRONMENT_UNKNOWN",
        `${props.trigger} does not read ${name}. It reads ${[...required, ...optional].join(", ")}.`,
      );
    }
  }
  const variables: Record<string, string> = { ...settings(props), ...mail(scope, props) };
  const own = Object.entries(variables).filter(([name]) => reads(name));
  const all = { ...Object.fromEntries(own), ...props.environment };
  const missing = required.filter((name) => !all[name]);
  if (missing.includes("TENANTRY_CODE_KEY")) {
    refused("CODE_KEY_MISSING", `${props.trigger} computes codes with a key. Give it a CodeKey as \`codeKey\`.`);
  }
  if (missing.length > 0) {
    refused("ENVIRONMENT_MISSING", `${props.trigger} needs ${missing.join(", ")}. Set it in \`environment\`.`);
  }
  return all;
}

function settings(props: TriggerFunctionProps): Record<string, string> {
  const minutes = props.codeMinutes;
  if (minutes !== undefined && !(Number.isInteger(minutes) && minutes >= 1 && minutes <= 15)) {
    refused("CODE_MINUTES", `A code counts for 1 to 15 whole minutes, not for ${minutes}.`);
  }
  return {
    TENANTRY_TABLE: props.table.table.tableName,
    ...(props.logLevel !== undefined && { TENANTRY_LOG: props.logLevel }),
    ...(props.claims !== undefined && { TENANTRY_CLAIMS: claimsVariable(props.claims) }),
    ...(minutes !== undefined && { TENANTRY_CODE_MINUTES: String(minutes) }),
    ...props.codeKey?.environment,
  };
}

function mail(scope: Construct, props: TriggerFunctionProps): Record<string, string> {
  const { sender } = props;
  if (!facts.triggers[props.trigger].mail) return {};
  if (sender === undefined) {
    refuseDeployment(
      scope,
      "CodesHaveASender",
      "Nobody has said who the codes by mail come from. Name a sender that Amazon SES has verified in this Region in the configuration (`sender`), and deploy again.",
    );
    return { TENANTRY_MAIL_FROM: NO_SENDER };
  }
  identityOf(sender);
  const set = configurationSetOf(sender);
  return { TENANTRY_MAIL_FROM: sender.from, ...(set !== undefined && { TENANTRY_MAIL_CONFIGURATION_SET: set }) };
}

function statements(scope: Construct, props: TriggerFunctionProps): iam.PolicyStatement[] {
  const { reads, writes, mail: mails } = facts.triggers[props.trigger];
  const { tableArn } = props.table.table;
  const writing = writeStatements(tableArn, writes);
  const found = [
    ...readStatements(tableArn, reads),
    ...writing,
    ...props.table.keyStatements(writing.length > 0 ? "write" : "read"),
  ];
  if (mails) found.push(mailStatement(scope, props.sender ?? { from: NO_SENDER }));
  return found;
}

function mailStatement(scope: Construct, sender: Sender): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: "SendCodes",
    actions: ["ses:SendEmail"],
    resources: [
      ownArn(scope, "ses", "identity", identityOf(sender)),
      ...(sender.configurationSet === undefined
        ? []
        : [ownArn(scope, "ses", "configuration-set", sender.configurationSet)]),
    ],
    // The address without the name before it [Amazon SES developer guide, "Identity and access management in Amazon SES"].
    conditions: { StringEqualsIgnoreCase: { "ses:FromAddress": addressOf(sender.from) } },
  });
}
