// What `cdk --app` runs: Tenantry's own stacks, and the tenants' beside them.

import { App } from "aws-cdk-lib";
import { readConfiguration, TenantryStage } from "../../lib/index.ts";
import { Tenants } from "./tenants.ts";

const app = new App();
const deployment = new TenantryStage(app, readConfiguration(app));
new Tenants(deployment, "Tenants", {
  identity: deployment.identity,
  callbackUrl: app.node.tryGetContext("callback") ?? "https://acme.example/signed-in",
  seats: Number(app.node.tryGetContext("seats") ?? 25),
  adopt: app.node.tryGetContext("adopt"),
});
