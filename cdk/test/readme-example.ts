import { Stack } from "aws-cdk-lib";
import { FunctionCode, TenantTable, TenantTriggers, TenantUserPool } from "../lib/index.ts";

export class Identity extends Stack {
  readonly table = new TenantTable(this, "Table");
  readonly triggers = new TenantTriggers(this, "Triggers", {
    table: this.table,
    code: FunctionCode.folder("target/lambda"),
    sender: { from: "Acme <no-reply@acme.example>" },
    functionsPrefix: "acme",
  });
  readonly pool = new TenantUserPool(this, "Pool", {
    triggers: this.triggers,
    plan: "plus",
    threatProtection: "audit",
  });
}
