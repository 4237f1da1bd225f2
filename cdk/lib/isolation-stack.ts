/**
 * The optional stack that turns ID tokens into AWS credentials of one tenant.
 *
 * @module
 */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import type { Construct } from "constructs";
import {
  type GrantBucketOptions,
  type GrantTableOptions,
  type SharedBucket,
  type SharedTable,
  TenantIsolation,
  type TenantIsolationProps,
} from "./constructs/tenant-isolation.ts";

/** A table of yours that tenants share. */
export interface TableGrant extends GrantTableOptions {
  /** The table, whose partition keys begin with the tenant's id. Not Tenantry's own. */
  readonly table: SharedTable;
}

/** A bucket of yours that tenants share. */
export interface BucketGrant extends GrantBucketOptions {
  /** The bucket, with each tenant's objects below `<tenant id>/`. */
  readonly bucket: SharedBucket;
}

/** What {@link IsolationStack} is made of. */
export interface IsolationStackProps extends StackProps, Omit<TenantIsolationProps, "userPool"> {
  /** The pool, or a construct that has one, such as `TenantUserPool`. */
  readonly userPool: cognito.IUserPool | { readonly userPool: cognito.IUserPool };
  /**
   * Tables whose items the sessions reach.
   * @default - none
   */
  readonly tables?: readonly TableGrant[];
  /**
   * Buckets whose objects the sessions reach.
   * @default - none
   */
  readonly buckets?: readonly BucketGrant[];
}

/** The pool as IAM OIDC provider, the roles that tenants' sessions take, and what these reach. */
export class IsolationStack extends Stack {
  /** For what the properties do not say: `isolation.grant(…)`. */
  readonly isolation: TenantIsolation;

  constructor(scope: Construct, id: string, props: IsolationStackProps) {
    const { userPool, clients, broker, oidcProvider, longerSession, tables = [], buckets = [], ...stack } = props;
    super(scope, id, stack);
    this.isolation = new TenantIsolation(this, "Isolation", {
      userPool: "userPool" in userPool ? userPool.userPool : userPool,
      ...(clients && { clients }),
      ...(broker && { broker }),
      ...(oidcProvider && { oidcProvider }),
      ...(longerSession && { longerSession }),
    });
    for (const { table, ...options } of tables) this.isolation.grantTable(table, options);
    for (const { bucket, ...options } of buckets) this.isolation.grantBucket(bucket, options);

    const { webIdentityRoleArn, brokerRoleArn } = this.isolation;
    if (webIdentityRoleArn) new CfnOutput(this, "WebIdentityRoleArn", { value: webIdentityRoleArn });
    if (brokerRoleArn) new CfnOutput(this, "BrokerRoleArn", { value: brokerRoleArn });
  }
}
