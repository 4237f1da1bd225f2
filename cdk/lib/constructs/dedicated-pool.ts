/**
 * A user pool of one tenant.
 *
 * @module
 */
import { type CustomResource, RemovalPolicy } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { Registrar } from "./registrar.ts";
import type { ITenant } from "./tenant.ts";
import { TenantUserPool, type TenantUserPoolProps } from "./tenant-user-pool.ts";

/** What is said of the pool. */
export interface DedicatedPoolProps extends TenantUserPoolProps {
  /** The function that registers it. */
  readonly registrar: Registrar;
  /** Whose it is. */
  readonly tenant: ITenant;
}

/**
 * A silo: a user pool of one tenant, with the same triggers as everybody's. Clients in it need no binding; those of {@link TenantClient} have one all the same,
 * with the account scope taken out. A person who belongs to several tenants has an account in each such pool.
 */
export class DedicatedPool extends Construct {
  /** The pool. */
  readonly pool: TenantUserPool;
  /** What says in the table whose it is. It stays when the pool does. */
  readonly registration: CustomResource;

  /**
   * @param scope where it belongs
   * @param id its name there; renaming it makes another, empty pool
   * @param props what is said of it
   */
  constructor(scope: Construct, id: string, props: DedicatedPoolProps) {
    super(scope, id);
    const { registrar, tenant, ...settings } = props;
    this.pool = new TenantUserPool(this, "Pool", settings);
    this.registration = registrar.resource(
      this,
      "Registration",
      "Pool",
      { UserPoolId: this.pool.userPool.userPoolId, DedicatedTo: tenant.tenantId },
      settings.disposable === undefined ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    );
  }
}
