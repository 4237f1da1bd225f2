/**
 * What can be made anew at any time, but for the user pool: functions, pool, alarms.
 *
 * @module
 */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
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
}

/** The functions and the user pool that calls them. */
export class IdentityStack extends Stack {
  /** The functions. */
  readonly triggers: TenantTriggers;
  /** The pool, unless it was said that there is none. */
  readonly pool: TenantUserPool | undefined;

  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what it is made of
   */
  constructor(scope: Construct, id: string, props: IdentityStackProps) {
    const { data, triggers, userPool = {}, adoptedPools = [], ...stack } = props;
    const disposable = userPool !== false && userPool.disposable !== undefined;
    super(scope, id, { terminationProtection: !disposable, ...stack });
    const functionsPrefix = triggers.functionsPrefix ?? "tenantry";
    this.triggers = new TenantTriggers(this, "Triggers", {
      ...triggers,
      functionsPrefix,
      table: data.table,
      codeKey: data.codeKey,
      ...(data.customerKey !== undefined && { environmentKey: data.customerKey }),
    });
    if (userPool !== false) this.pool = new TenantUserPool(this, "Pool", { ...userPool, triggers: this.triggers });
    adoptedPools.forEach((userPoolArn) => {
      new AdoptedPool(this, `Adopted${userPoolArn.replace(/^.*\//, "")}`, { triggers: this.triggers, userPoolArn });
    });
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
