/**
 * Tenants kept apart by IAM: a person's ID token buys AWS credentials that reach their tenant's data and nothing else.
 *
 * @module
 */
import { Annotations, Duration, Stack, Token } from "aws-cdk-lib";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import type * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";
import {
  brokerTrust,
  keyThrough,
  onlyForTenants,
  type PolicyJson,
  TENANT,
  TENANT_TAG,
  tenantItems,
  tenantObjects,
  webIdentityTrust,
} from "./tenant-isolation-statements.ts";
import { TenantTable } from "./tenant-table.ts";

/** What an IAM OIDC provider takes, which no quota raises. */
const AUDIENCES = 100;

/** The length of a role's trust policy before "Role trust policy length" (L-C07B4B0D) was raised; 8,192 is its end. */
const TRUST_POLICY_CHARACTERS = 2048;

/** An app client, by what isolation has to know of it. */
export interface IsolatedClient {
  /** Its id, which is the `aud` of the ID tokens issued to it. */
  readonly userPoolClientId: string;
}

/** A service that verifies ID tokens itself and takes the tenant's role for them. */
export interface TenantBroker {
  /** The role that the service runs as. Whoever may take it speaks for every tenant. */
  readonly service: iam.IRole;
}

/** A session longer than an hour, and why the sessions of somebody who was removed may go on for so long. */
export interface LongerSession extends Reasoned {
  /** At most 12 hours. A broker that runs as a role itself gets one hour whatever stands here: STS chains roles no longer. */
  readonly duration: Duration;
}

/** What {@link TenantIsolation} is made of. */
export interface TenantIsolationProps {
  /** The pool whose ID tokens are exchanged. Its pre token generation has to be V2 or V3: V1 cannot write session tags. */
  readonly userPool: cognito.IUserPool;
  /**
   * The app clients whose ID tokens buy credentials, at most 100.
   * @default - none: the broker alone
   */
  readonly clients?: readonly IsolatedClient[];
  /**
   * A service that takes the role for verified tokens: the way for more than 100 app clients.
   * @default - none
   */
  readonly broker?: TenantBroker;
  /**
   * The pool's IAM OIDC provider, if the account has one already: IAM takes one for each issuer. Its audiences have to hold the clients.
   * @default - a new one, with the clients as its audiences
   */
  readonly oidcProvider?: iam.IOidcProvider;
  /**
   * The longest session.
   * @default - one hour, which is the shortest that IAM lets a role have; callers may ask STS for 15 minutes
   */
  readonly longerSession?: LongerSession;
}

/** A table, whether made here or imported, by what isolation has to know of it. */
export type SharedTable = Pick<dynamodb.ITable, "tableArn" | "env" | "node"> & {
  /** The customer's key that it is encrypted with, if there is one. */
  readonly encryptionKey?: kms.IKey | undefined;
};

/** A bucket, whether made here or imported, by what isolation has to know of it. */
export type SharedBucket = Pick<s3.IBucket, "bucketArn" | "env"> & {
  /** The customer's key that it is encrypted with, if there is one. */
  readonly encryptionKey?: kms.IKey | undefined;
};

/** What a session may do with a table. */
export interface GrantTableOptions {
  /**
   * Change items, too.
   * @default false
   */
  readonly write?: boolean;
  /**
   * Indexes that may be queried. The partition key of each must be the tenant's id or begin with it and `#`, as the table's.
   * @default - none
   */
  readonly indexes?: readonly string[];
}

/** What a session may do with a bucket. */
export interface GrantBucketOptions {
  /**
   * Put and delete objects, too.
   * @default false
   */
  readonly write?: boolean;
}

/** A permission that is the same for every tenant, and why. Without a reason an allowing statement has to name the tenant. */
export type GrantOptions = Partial<Reasoned>;

/**
 * A role whose sessions see one tenant: the one in the session tag `tenant_id` that pre token generation wrote.
 *
 * The roles are not handed out as grantables: `table.grantReadData(role)` would give every tenant everybody's items. Permissions come through
 * {@link grantTable}, {@link grantBucket} and {@link grant} alone.
 */
export class TenantIsolation extends Construct {
  /** The pool as IAM knows it; undefined where a broker alone takes the role. */
  readonly oidcProvider?: iam.IOidcProvider;
  /** What `sts:AssumeRoleWithWebIdentity` is called with; undefined without clients. */
  readonly webIdentityRoleArn?: string;
  /** What the broker calls `sts:AssumeRole` with; undefined without a broker. */
  readonly brokerRoleArn?: string;

  private readonly permissions = new iam.PolicyDocument({ minimize: true, statements: onlyForTenants() });
  private readonly roles: iam.CfnRole[] = [];

  constructor(scope: Construct, id: string, props: TenantIsolationProps) {
    super(scope, id);
    const clientIds = (props.clients ?? []).map((client) => client.userPoolClientId);
    if (clientIds.length === 0 && props.broker === undefined) {
      refused(
        "ISOLATION_NOBODY",
        "Nobody could take the role: pass `clients`, whose ID tokens buy credentials, or a `broker`.",
      );
    }
    if (clientIds.length > AUDIENCES) {
      refused(
        "ISOLATION_AUDIENCES",
        `${clientIds.length} app clients, but an IAM OIDC provider takes ${AUDIENCES} audiences. Pass a \`broker\` and no more than ` +
          `${AUDIENCES} \`clients\`: a service of yours verifies the ID token and takes the role with the tenant's tag (docs/isolation.md).`,
      );
    }
    const seconds = sessionSeconds(props.longerSession);

    if (clientIds.length > 0) {
      const issuer = props.userPool.userPoolProviderName;
      this.oidcProvider =
        props.oidcProvider ??
        new iam.OidcProviderNative(this, "OidcProvider", { url: `https://${issuer}`, clientIds: [...clientIds] });
      const trust = webIdentityTrust(this.oidcProvider.oidcProviderArn, issuer, clientIds);
      this.webIdentityRoleArn = this.role(
        "WebIdentityRole",
        "One tenant's data, for an ID token",
        trust,
        seconds,
      ).attrArn;
      this.warnOfALongTrustPolicy(clientIds);
    }
    if (props.broker !== undefined) {
      const trust = brokerTrust(props.broker.service.roleArn);
      this.brokerRoleArn = this.role("BrokerRole", "One tenant's data, for a verified token", trust, seconds).attrArn;
    }
    for (const role of this.roles) {
      if (props.longerSession) role.addMetadata("tenantry:longerSession", props.longerSession.reason);
    }
    this.node.addValidation({ validate: () => this.roles.flatMap(ownTenantTag) });
  }

  /**
   * Items of a table. Its partition key is a string that is the tenant's id, or begins with it and `#`: `t_…` or `t_…#ORDER#17`.
   *
   * Never Scan nor PartiQL; an index only by name. A table that is encrypted with a customer's key gets its key through DynamoDB alone.
   */
  grantTable(table: SharedTable, options: GrantTableOptions = {}): void {
    const { write = false, indexes = [] } = options;
    if (table.node.scope instanceof TenantTable) {
      refused(
        "ISOLATION_OWN_TABLE",
        "Tenantry's own table is for its triggers alone: its keys do not begin with a tenant's id. Grant a table of yours.",
      );
    }
    const pattern = indexes.find((index) => !Token.isUnresolved(index) && !/^[A-Za-z0-9_.-]{3,255}$/.test(index));
    if (pattern !== undefined) {
      refused("ISOLATION_INDEX", `${JSON.stringify(pattern)} is no index's name. Name each index by itself.`);
    }
    refuseOtherKeys(table, indexes);
    this.permissions.addStatements(...tenantItems(table.tableArn, indexes, write));
    if (table.encryptionKey) {
      this.permissions.addStatements(keyThrough("dynamodb", table.encryptionKey.keyArn, table.env.region, write));
    }
  }

  /** Objects below `<tenant id>/` of a bucket, and their listing with a prefix that begins so. */
  grantBucket(bucket: SharedBucket, options: GrantBucketOptions = {}): void {
    const { write = false } = options;
    this.permissions.addStatements(...tenantObjects(bucket.bucketArn, write));
    if (bucket.encryptionKey) {
      this.permissions.addStatements(keyThrough("s3", bucket.encryptionKey.keyArn, bucket.env.region, write));
    }
  }

  /**
   * Another service's permission. The function gets the tenant as policy variable, for a resource or a condition:
   * `` (tenant) => new PolicyStatement({ actions: ["ssm:GetParameter"], resources: [`arn:aws:ssm:…:parameter/${tenant}/*`] }) ``.
   *
   * The variable may hold no wildcard, so it can stand in a pattern. Close a path after it (`/`, `#`).
   */
  grant(statementFor: (tenant: string) => iam.PolicyStatement, options: GrantOptions = {}): void {
    const statement = statementFor(TENANT);
    const written = JSON.stringify(Stack.of(this).resolve(statement.toStatementJson()));
    if (/:custom:/.test(written)) {
      refused(
        "ISOLATION_VARIABLE",
        `IAM knows no variable with a custom attribute, as in ${written}. Use the tenant that the function is given.`,
      );
    }
    const namesTheTenant = written.includes(`aws:PrincipalTag/${TENANT_TAG}`);
    if (statement.effect === iam.Effect.ALLOW && !namesTheTenant) {
      if (!options.reason) {
        refused(
          "ISOLATION_SHARED",
          `Every tenant would get the same: ${written}. Name the tenant in a resource or a condition, or say why in \`reason\`.`,
        );
      }
      for (const role of this.roles) role.addMetadata("tenantry:same-for-every-tenant", options.reason);
    }
    this.permissions.addStatements(statement);
  }

  /** A role on the lowest level: the trust policy has the issuer in a *key*, where CloudFormation takes no function unless all of it is text. */
  private role(id: string, description: string, trust: PolicyJson, maxSessionDuration: number): iam.CfnRole {
    const text = Stack.of(this).toJsonString(trust);
    const role = new iam.CfnRole(this, id, {
      // Text that CloudFormation puts together, or the document itself where nothing is left to put together.
      assumeRolePolicyDocument: typeof Stack.of(this).resolve(text) === "string" ? trust : text,
      description,
      maxSessionDuration,
      policies: [{ policyName: "TenantIsolation", policyDocument: this.permissions }],
    });
    this.roles.push(role);
    return role;
  }

  private warnOfALongTrustPolicy(clientIds: readonly string[]): void {
    const issuer = `cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_${"x".repeat(9)}`;
    const ids = clientIds.map((id) => (Token.isUnresolved(id) ? "x".repeat(26) : id));
    const trust = webIdentityTrust(`arn:aws:iam::123456789012:oidc-provider/${issuer}`, issuer, ids);
    const characters = JSON.stringify(trust).length;
    if (characters <= TRUST_POLICY_CHARACTERS) return;
    Annotations.of(this).addWarningV2(
      "tenantry:trust-policy-length",
      `With ${ids.length} app clients the trust policy has about ${characters} characters, and IAM takes ${TRUST_POLICY_CHARACTERS} unless ` +
        'the account\'s quota "Role trust policy length" (L-C07B4B0D) was raised. Raise it, or use a `broker`.',
    );
  }
}

function sessionSeconds(longer: LongerSession | undefined): number {
  if (longer === undefined) return Duration.hours(1).toSeconds();
  const seconds = longer.duration.toSeconds();
  if (seconds < 3600 || seconds > 12 * 3600) {
    refused(
      "ISOLATION_SESSION",
      `IAM lets a role's sessions last one to twelve hours, not ${longer.duration.toHumanString()}.`,
    );
  }
  return seconds;
}

/** Conditions on leading keys compare one string. What was imported keeps its keys to itself: it is believed. */
function refuseOtherKeys(table: SharedTable, indexes: readonly string[]): void {
  if (!(table instanceof dynamodb.Table)) return;
  for (const index of [undefined, ...indexes]) {
    const { partitionKeys } = table.schemaV2(index);
    if (partitionKeys.length !== 1 || partitionKeys[0]?.type !== dynamodb.AttributeType.STRING) {
      refused(
        "ISOLATION_KEY",
        `The partition key of ${index ? `index "${index}"` : `table ${table.node.path}`} is not one string: ` +
          "it cannot be a tenant's id, nor begin with it.",
      );
    }
  }
}

/** A tag on the role itself would speak for sessions that bring none. `Tags.of(app).add("tenant_id", …)` is all it takes. */
function ownTenantTag(role: iam.CfnRole): string[] {
  const keys = Object.keys(role.tags.tagValues()).filter((key) => key.toLowerCase() === TENANT_TAG);
  return keys.map(
    (key) =>
      `The role must not be tagged "${key}": that tag is the session's. Exclude ${role.node.path} from it (Tags.of(role).remove("${key}")).`,
  );
}
