// What a team writes: its tenants, and the app clients at which their people sign in. Copy it, and import from "@tenantry/cdk".

import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type IdentityStack, Tenant, TenantClient } from "../../lib/index.ts";

/** What differs from one deployment of the tenants to the next. */
export interface TenantsProps {
  /** The stack with the pool, and with the function that makes tenants. */
  readonly identity: IdentityStack;
  /** Where managed login sends Acme's people. */
  readonly callbackUrl: string;
  /** How many members Acme pays for. */
  readonly seats: number;
  /** Why Acme is taken over, where an operator made it before. */
  readonly adopt?: string | undefined;
}

/** Two tenants: Acme stays when it leaves the template, Globex is closed. Acme signs in with passwords, by the API or by managed login; Globex with codes by mail. */
export class Tenants extends Stack {
  constructor(scope: Construct, id: string, { identity, callbackUrl, seats, adopt }: TenantsProps) {
    super(scope, id, { description: "Tenants and their app clients" });
    const { pool, registrar } = identity;
    if (pool === undefined) throw new Error("There is no pool for app clients: `createPool` is false.");
    const made = { registrar, userPool: pool.userPool };

    const acme = new Tenant(this, "Acme", {
      registrar,
      slug: "acme",
      name: "Acme Ltd",
      seatLimit: seats,
      ...(adopt !== undefined && { adopt: { reason: adopt } }),
    });
    const acmeWeb = new TenantClient(this, "AcmeWeb", {
      ...made,
      tenant: acme,
      managedLogin: { callbackUrls: [callbackUrl] },
    });

    const globex = new Tenant(this, "Globex", { registrar, slug: "globex", signIn: "code", onDelete: "close" });
    const globexApp = new TenantClient(this, "GlobexApp", { ...made, tenant: globex });

    // What the apps are told: each its own client's id.
    new CfnOutput(this, "AcmeTenantId", { value: acme.tenantId });
    new CfnOutput(this, "AcmeClientId", { value: acmeWeb.clientId });
    new CfnOutput(this, "GlobexTenantId", { value: globex.tenantId });
    new CfnOutput(this, "GlobexClientId", { value: globexApp.clientId });
  }
}
