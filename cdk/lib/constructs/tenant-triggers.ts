/**
 * The six triggers together, for every user pool that they serve.
 *
 * @module
 */
import { Stack, Token } from "aws-cdk-lib";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { facts, pascal, type TriggerName, triggerNames } from "../facts.ts";
import { refused } from "../refusal.ts";
import { CodeKey } from "./code-key.ts";
import { TriggerFunction, type TriggerSettings } from "./trigger-function.ts";

/** What the triggers are made of. */
export interface TenantTriggersProps extends TriggerSettings {
  /**
   * The functions are called `<prefix>-<trigger>`, and `tenantctl doctor` and `attach` find them by `--functions-prefix`.
   *
   * @default CloudFormation's names
   */
  readonly functionsPrefix?: string;
}

/** Which event pre token generation gets: V1 speaks in the ID token alone, V2 in the access token too, V3 of machines too. */
export type TokenVersion = "V1" | "V2" | "V3";

/**
 * The six functions, without a user pool. They know no pool's id, so that one set serves several: those of {@link TenantUserPool}, dedicated ones, and pools
 * that were there before ({@link AdoptedPool}).
 */
export class TenantTriggers extends Construct {
  /** Each function. */
  readonly functions: Readonly<Record<TriggerName, TriggerFunction>>;

  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what they are made of
   */
  constructor(scope: Construct, id: string, props: TenantTriggersProps) {
    super(scope, id);
    const { functionsPrefix, ...settings } = props;
    // Without a key given, the triggers have one of their own.
    const codeKey = settings.codeKey ?? new CodeKey(this, "CodeKey");
    const made = triggerNames.map((trigger) => {
      const functionName = functionsPrefix === undefined ? {} : { functionName: `${functionsPrefix}-${trigger}` };
      return [
        trigger,
        new TriggerFunction(this, pascal(trigger), { ...settings, ...functionName, codeKey, trigger }),
      ] as const;
    });
    this.functions = Object.fromEntries(made) as Record<TriggerName, TriggerFunction>;
    // While a key is replaced, whoever compares has to know the new one before anybody computes with it.
    this.functions["create-auth-challenge"].function.node.addDependency(this.functions["verify-auth-challenge"].alias);
  }

  /**
   * Puts the functions into a user pool's slots and lets that pool, and no other, call them. Triggers that somebody else adds to other slots stay.
   *
   * @param pool the pool, of this app
   * @param version which event pre token generation gets
   */
  attachTo(pool: cognito.UserPool, version: TokenVersion): void {
    const resource = pool.node.defaultChild as cognito.CfnUserPool;
    for (const trigger of triggerNames) {
      const { slot } = facts.triggers[trigger];
      const { alias } = this.functions[trigger];
      if (slot === "PreTokenGeneration" && version !== "V1") {
        resource.addPropertyOverride("LambdaConfig.PreTokenGenerationConfig", {
          LambdaArn: alias.functionArn,
          LambdaVersion: `${version}_0`,
        });
      } else {
        resource.addPropertyOverride(`LambdaConfig.${slot}`, alias.functionArn);
      }
    }
    // `addTrigger` would leave out SourceAccount.
    this.allow(pool, pool.userPoolArn, Stack.of(pool).account);
  }

  /**
   * Lets one user pool call the functions.
   *
   * @param scope where the permissions belong
   * @param userPoolArn the pool
   * @param account its account
   */
  allow(scope: Construct, userPoolArn: string, account: string): void {
    for (const trigger of triggerNames) {
      new lambda.CfnPermission(scope, `${pascal(trigger)}Permission`, {
        action: "lambda:InvokeFunction",
        functionName: this.functions[trigger].alias.functionArn,
        principal: "cognito-idp.amazonaws.com",
        sourceArn: userPoolArn,
        sourceAccount: account,
      });
    }
  }
}

/** Which pool is adopted. */
export interface AdoptedPoolProps {
  /** The functions. */
  readonly triggers: TenantTriggers;
  /** The pool's ARN. Its Region and its account are the functions'. */
  readonly userPoolArn: string;
}

/**
 * Lets a user pool that was there before call the functions. The pool itself is not touched: `tenantctl attach` fills its slots, client by client from observing
 * to enforcing.
 */
export class AdoptedPool extends Construct {
  /** The pool's ARN. */
  readonly userPoolArn: string;

  /**
   * Throws `POOL_ARN` for what is no pool's ARN, `POOL_REGION` for a pool of another Region: Cognito calls functions of its own Region alone;
   * `POOL_ACCOUNT` for one of another account, which would be a stranger's.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props which pool
   */
  constructor(scope: Construct, id: string, props: AdoptedPoolProps) {
    super(scope, id);
    this.userPoolArn = props.userPoolArn;
    const stack = Stack.of(this);
    // Both have to hold when Cognito calls: should the ARN name another account, nobody may.
    const allow = () => props.triggers.allow(this, props.userPoolArn, stack.account);
    if (Token.isUnresolved(props.userPoolArn)) {
      allow();
      return;
    }
    const arn = /^arn:[a-z-]+:cognito-idp:([a-z0-9-]+):(\d{12}):userpool\/(\1_[A-Za-z0-9]+)$/.exec(props.userPoolArn);
    const [, region, account] = arn ?? [];
    if (region === undefined || account === undefined) {
      refused(
        "POOL_ARN",
        `${JSON.stringify(props.userPoolArn)} is no user pool's ARN. It looks like arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI.`,
      );
    }
    if (!Token.isUnresolved(stack.region) && stack.region !== region) {
      refused(
        "POOL_REGION",
        `${props.userPoolArn} is of ${region}, the functions are of ${stack.region}. Deploy them to ${region}.`,
      );
    }
    if (!Token.isUnresolved(stack.account) && stack.account !== account) {
      refused(
        "POOL_ACCOUNT",
        `${props.userPoolArn} is of the account ${account}, the functions are of ${stack.account}. Name a pool of their own account.`,
      );
    }
    allow();
  }
}
