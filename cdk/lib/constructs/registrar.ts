/**
 * The function behind the custom resources.
 *
 * @module
 */
import { CustomResource, Duration, Names, type RemovalPolicy, Stack } from "aws-cdk-lib";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import type * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type ClaimNames, claimsVariable } from "../claims.ts";
import type { FunctionCode } from "../function-code.ts";
import { RustFunction, type RustFunctionSettings } from "./rust-function.ts";
import { readStatements, writeStatements } from "./table-statements.ts";
import type { TenantTable } from "./tenant-table.ts";

/** What the function is made of. */
export interface RegistrarProps extends RustFunctionSettings {
  /** The table. */
  readonly table: TenantTable;
  /** Where the binaries are. */
  readonly code: FunctionCode;
  /**
   * Names of the claims, the same as the triggers are told: no app client may let people write attributes of these names.
   *
   * @default each under its own name
   */
  readonly claims?: ClaimNames;
  /**
   * The function's name.
   *
   * @default CloudFormation's
   */
  readonly functionName?: string;
}

/** The resource types that the function knows. */
export type ResourceType = "Tenant" | "Client" | "IdentityProvider" | "Pool";

/** Lambda's longest time for one request. */
const TIMEOUT = Duration.seconds(30);
/** An event that waited longer is dropped: CloudFormation has given it up a moment later, and must not be surprised by what it still does. */
const OLDEST_EVENT = Duration.minutes(4);
/** How long CloudFormation waits; two repetitions by Lambda fit into it. */
const SERVICE_TIMEOUT = Duration.minutes(5);

/** The kinds of items that the operations use (`common/store/src/keys.rs`): no person, no invitation, no domain. */
const KINDS = ["CLIENT#", "POOL#", "REGISTRATION#", "SLUG#", "TENANT#"];
/** What belongs to no tenant is recorded under the deployment's own key. */
const WRITTEN = [...KINDS, "DEPLOYMENT"];

/**
 * One Rust function that makes and binds what templates say of tenants. CloudFormation invokes it on behalf of whoever deploys; nothing else is allowed to.
 * It reads and writes the table as an operator does, its records name the stack, and it looks at the app clients that it binds.
 */
export class Registrar extends Construct {
  /** What custom resources name as their `ServiceToken`. */
  readonly serviceToken: string;
  /** The function. */
  readonly function: lambda.Function;
  /** Where its lines go. */
  readonly logGroup: logs.LogGroup;
  readonly #role: iam.Role;

  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what it is made of
   */
  constructor(scope: Construct, id: string, props: RegistrarProps) {
    super(scope, id);
    const { table, claims, ...settings } = props;
    const made = new RustFunction(this, "Binary", {
      ...settings,
      binary: "registrar",
      description: "Tenantry: tenants and bindings of templates",
      timeout: TIMEOUT,
      environment: {
        TENANTRY_TABLE: table.table.tableName,
        ...(claims !== undefined && { TENANTRY_CLAIMS: claimsVariable(claims) }),
      },
    });
    this.function = made.function;
    this.logGroup = made.logGroup;
    this.#role = made.role;
    this.serviceToken = made.function.functionArn;
    made.function.configureAsyncInvoke({ maxEventAge: OLDEST_EVENT, retryAttempts: 2 });
    for (const statement of statements(table)) made.role.addToPolicy(statement);
  }

  /**
   * Lets the function look at a pool's app clients. One policy a pool and stack, in the stack that asks.
   *
   * @param scope whose stack asks
   * @param userPool the pool
   * @returns what has to be there before the function is asked
   */
  letLookAt(scope: Construct, userPool: cognito.IUserPool): iam.Policy {
    const stack = Stack.of(scope);
    const id = `${Names.nodeUniqueId(this.node)}LooksAt${Names.nodeUniqueId(userPool.node)}`;
    const known = stack.node.tryFindChild(id);
    if (known !== undefined) return known as iam.Policy;
    return new iam.Policy(stack, id, {
      roles: [this.#role],
      statements: [
        new iam.PolicyStatement({
          sid: "LookAtClients",
          actions: ["cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient"],
          resources: [userPool.userPoolArn],
        }),
      ],
    });
  }

  /**
   * Asks the function for a resource. {@link Tenant}, {@link TenantClient} and the others do; a template that has none of them can too.
   *
   * @param scope where the resource belongs
   * @param id its name there: it is what the table knows as the resource's owner, so another name is another owner
   * @param type which resource
   * @param properties as `control/registrar/README.md` lists them; what is undefined is left out
   * @param removalPolicy what becomes of it when the resource leaves the template
   */
  resource(
    scope: Construct,
    id: string,
    type: ResourceType,
    properties: Readonly<Record<string, unknown>>,
    removalPolicy?: RemovalPolicy,
  ): CustomResource {
    const said = Object.entries(properties).filter(([, value]) => value !== undefined);
    return new CustomResource(scope, id, {
      serviceToken: this.serviceToken,
      serviceTimeout: SERVICE_TIMEOUT,
      resourceType: `Custom::Tenantry${type}`,
      properties: Object.fromEntries(said),
      ...(removalPolicy !== undefined && { removalPolicy }),
    });
  }
}

function statements(table: TenantTable): iam.PolicyStatement[] {
  const { tableArn } = table.table;
  return [
    ...readStatements(tableArn, { "dynamodb:GetItem": KINDS, "dynamodb:Query": KINDS }),
    ...writeStatements(tableArn, {
      "dynamodb:UpdateItem": WRITTEN,
      "dynamodb:DeleteItem": WRITTEN,
      "dynamodb:ConditionCheckItem": WRITTEN,
    }),
    ...table.keyStatements("write"),
  ];
}
