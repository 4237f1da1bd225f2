// The examples are TypeScript that is compiled here; what they make is deployed by `tests/judges`.

import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { Tenants } from "../examples/tenants-as-code/tenants.ts";
import { TenantryStage } from "../lib/index.ts";
import { app, deployments, type Json, ofType } from "./synthesized.ts";

const said = { callbackUrl: "https://acme.example/in", seats: 25 };

function tenants(adopt?: string): Json {
  const stage = new TenantryStage(app(), deployments["plain"] ?? {});
  const { identity } = stage;
  return Template.fromStack(new Tenants(stage, "Tenants", { identity, ...said, adopt })).toJSON() as Json;
}

test("tenants as code: each client is bound to its own tenant by the deployed function, and says its id", () => {
  const template = tenants();
  const bindings = ofType(template, "Custom::TenantryClient").map(([, { Properties }]) => Properties);
  const tenantOf = (of: string) => ({ "Fn::GetAtt": [expect.stringMatching(`^${of}Tenant`), "TenantId"] });
  expect(bindings.map(({ TenantId, ClientId, Mode }) => ({ TenantId, ClientId, Mode }))).toEqual([
    { TenantId: tenantOf("Acme"), ClientId: { Ref: expect.stringMatching("^AcmeWebClient") }, Mode: "enforce" },
    { TenantId: tenantOf("Globex"), ClientId: { Ref: expect.stringMatching("^GlobexAppClient") }, Mode: "enforce" },
  ]);
  expect(Object.keys(template.Outputs ?? {})).toEqual([
    "AcmeTenantId",
    "AcmeClientId",
    "GlobexTenantId",
    "GlobexClientId",
  ]);
});

test("tenants as code: what an operator made before is taken over where a reason is said", () => {
  const adopts = (template: Json) =>
    ofType(template, "Custom::TenantryTenant").map(([, { Properties }]) => Properties.Adopt);
  expect(adopts(tenants())).toEqual([undefined, undefined]);
  expect(adopts(tenants("an operator made it"))).toEqual([true, undefined]);
});
