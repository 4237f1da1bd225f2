/**
 * What can be made anew at any time, but for the user pool: functions, pool, alarms.
 *
 * @module
 */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { Observability, type ObservabilityParts } from "./constructs/observability.ts";
import { Registrar } from "./constructs/registrar.ts";
import { AdoptedPool, TenantTriggers, type TenantTriggersProps } from "./constructs/tenant-triggers.ts";
import { TenantUserPool, type TenantUserPoolProps } from "./constructs/tenant-user-pool.ts";
import type { DataStack } from "./data-stack.ts";
import { pascal, triggerNames } from "./facts.ts";

/** What the functions and the pool are made of. */
export interface IdentityStackProps extends StackProps {
  /** The table and the secret. */
  readonly data: DataStack;
  /** The functions: where their code is, and how they run. */
  readonly triggers: Omit<TenantTriggersProps, "table" | "codeKey" | "environmentKey">;
  /**
   * What can be said of the user pool; `false` makes none, for whoever has pools of their own.
   *
   * @default a pool with the defaults of `TenantUserPool`
   */
  readonly userPool?: Omit<TenantUserPoolProps, "triggers"> | false;
  /**
   * ARNs of user pools that were there before and may call the functions: see `AdoptedPool`.
   *
   * @default none
   */
  readonly adoptedPools?: readonly string[];
  /**
   * ARNs of the SNS topics that alarms go to.
   *
   * @default none: alarms show on the dashboard alone
   */
  readonly alarmTopics?: readonly string[];
  /**
   * Whether there are alarms, a dashboard and saved queries; or which parts of it.
   *
   * @default true: all of it
   */
  readonly observability?: boolean | ObservabilityParts;
}

/** The functions and the user pool that calls them. */
export class IdentityStack extends Stack {
  /** The functions. */
  readonly triggers: TenantTriggers;
  /** The pool, unless it was said that there is none. */
  readonly pool: TenantUserPool | undefined;
  /** What custom resources of templates are made by: `TenantClient` and its like take it. */
  readonly registrar: Registrar;
  /** Alarms and dashboard of the pool, if there is one and they were not left out. */
  readonly observability: Observability | undefined;

  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what it is made of
   */
  constructor(scope: Construct, id: string, props: IdentityStackProps) {
    const {
      data,
      triggers,
      userPool = {},
      adoptedPools = [],
      alarmTopics = [],
      observability = true,
      ...stack
    } = props;
    const disposable = userPool !== false && userPool.disposable !== undefined;
    super(scope, id, { terminationProtection: !disposable, ...stack });
    const functionsPrefix = triggers.functionsPrefix ?? "tenantry";
    const { table, codeKey, customerKey } = data;
    const settings = { ...triggers, table, ...(customerKey !== undefined && { environmentKey: customerKey }) };
    this.triggers = new TenantTriggers(this, "Triggers", { ...settings, functionsPrefix, codeKey });
    this.registrar = new Registrar(this, "Registrar", {
      ...registrarSettings(settings),
      functionName: `${functionsPrefix}-registrar`,
    });
    if (userPool !== false) this.pool = new TenantUserPool(this, "Pool", { ...userPool, triggers: this.triggers });
    adoptedPools.forEach((userPoolArn) => {
      new AdoptedPool(this, `Adopted${userPoolArn.replace(/^.*\//, "")}`, { triggers: this.triggers, userPoolArn });
    });
    const topics = alarmTopics.map((arn) => Topic.fromTopicArn(this, `Alarms${arn}`, arn));
    if (this.pool !== undefined && observability !== false) {
      this.observability = new Observability(this, "Observability", {
        functions: this.triggers.functions,
        userPool: this.pool.userPool,
        table: table.table,
        registrar: this.registrar.function,
        prefix: functionsPrefix,
        alarmActions: topics.map((topic) => new SnsAction(topic)),
        ...(observability !== true && observability),
      });
    }
    this.#outputs(data, functionsPrefix);
  }

  #outputs(data: DataStack, functionsPrefix: string): void {
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    if (this.pool !== undefined) {
      output("UserPoolId", this.pool.userPool.userPoolId, "The user pool");
      output("UserPoolArn", this.pool.userPool.userPoolArn, "The user pool");
    }
    output("TableName", data.table.table.tableName, "For tenantctl: --table");
    output("FunctionsPrefix", functionsPrefix, "For tenantctl: --functions-prefix");
    for (const trigger of triggerNames) {
      output(
        `${pascal(trigger)}Arn`,
        this.triggers.functions[trigger].alias.functionArn,
        `What a pool calls: ${trigger}`,
      );
    }
  }
}

/** What the registrar's function has in common with the triggers. */
function registrarSettings<T extends TenantTriggersProps>(settings: T) {
  const { sender, codeMinutes, logLevel, codeKey, functionsPrefix, ...common } = settings;
  return common;
}
