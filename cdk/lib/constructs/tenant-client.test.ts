import { App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import * as cognito from "aws-cdk-lib/aws-cognito";
import { describe, expect, test } from "vitest";
import { built } from "../../test/synthesized.ts";
import { FunctionCode } from "../function-code.ts";
import { DedicatedPool } from "./dedicated-pool.ts";
import { IdentityProviderBinding } from "./identity-provider-binding.ts";
import { Registrar } from "./registrar.ts";
import { type SignIn, Tenant } from "./tenant.ts";
import { TenantClient, type TenantClientProps } from "./tenant-client.ts";
import { TenantTable } from "./tenant-table.ts";
import { TenantTriggers } from "./tenant-triggers.ts";

const CLIENT = "AWS::Cognito::UserPoolClient";
const BINDING = "Custom::TenantryClient";

function town(signIn?: SignIn) {
  const stack = new Stack(new App(), "Stack");
  const table = new TenantTable(stack, "Table");
  const code = FunctionCode.folder(built());
  const registrar = new Registrar(stack, "Registrar", { table, code });
  const userPool = new cognito.UserPool(stack, "Pool");
  const tenant = new Tenant(stack, "Acme", { registrar, slug: "acme", ...(signIn !== undefined && { signIn }) });
  const okta = () =>
    new IdentityProviderBinding(stack, "Okta", {
      registrar,
      userPool,
      serves: tenant,
      provider: new cognito.UserPoolIdentityProviderOidc(stack, "OktaProvider", {
        userPool,
        name: "Okta",
        clientId: "x",
        clientSecret: "y",
        issuerUrl: "https://okta.example",
      }),
    });
  const client = (props: Partial<TenantClientProps> = {}) =>
    new TenantClient(stack, "Web", { registrar, userPool, tenant, ...props });
  return { stack, table, code, registrar, userPool, tenant, okta, client, template: () => Template.fromStack(stack) };
}

describe("a tenant", () => {
  test("is made with what was said, and nothing else", () => {
    const { template } = town({ passwordAndCode: ["owner", "admin"] });
    template().hasResource("Custom::TenantryTenant", {
      Properties: {
        ServiceToken: Match.anyValue(),
        ServiceTimeout: "300",
        Slug: "acme",
        Chain: "password_and_code",
        ChainOf: ["owner", "admin"],
      },
    });
  });

  test("refuses a slug, and a code of nobody, that the table would refuse", () => {
    const { stack, registrar } = town();
    expect(() => new Tenant(stack, "Odd", { registrar, slug: "Acme!" })).toThrow(/^TENANT_SLUG/);
    const signIn = { passwordAndCode: [] };
    expect(() => new Tenant(stack, "None", { registrar, slug: "none", signIn })).toThrow(/^TENANT_SIGN_IN/);
  });

  test("of somebody else is taken over for a reason that stays in the template", () => {
    const { stack, registrar, template } = town();
    const adopted = new Tenant(stack, "Globex", { registrar, slug: "globex", adopt: { reason: "made by hand" } });
    template().hasResourceProperties("Custom::TenantryTenant", { Slug: "globex", Adopt: true });
    expect(adopted.resource.node.metadata).toContainEqual(
      expect.objectContaining({ type: "tenantry:adopt", data: "made by hand" }),
    );
  });
});

describe("a client", () => {
  test("takes passwords by SRP alone, lets people write nothing custom, and its tokens live 15 minutes", () => {
    const { client, template } = town();
    client();
    const made = template();
    made.hasResourceProperties(CLIENT, {
      ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      AllowedOAuthFlowsUserPoolClient: false,
      AllowedOAuthFlows: Match.absent(),
      SupportedIdentityProviders: ["COGNITO"],
      AccessTokenValidity: 15,
      IdTokenValidity: 15,
      TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" },
      AuthSessionValidity: 5,
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: "ENABLED",
      GenerateSecret: false,
      WriteAttributes: Match.arrayWith(["email", "name"]),
    });
    for (const found of Object.values(made.findResources(CLIENT))) {
      const { WriteAttributes, ReadAttributes } = found["Properties"];
      expect([...WriteAttributes, ...ReadAttributes].filter((name: string) => name.startsWith("custom:"))).toEqual([]);
    }
    made.hasResourceProperties(BINDING, {
      Binds: "tenant",
      TenantId: { "Fn::GetAtt": [Match.stringLikeRegexp("^Acme"), "TenantId"] },
      ClientId: { Ref: Match.stringLikeRegexp("^WebClient") },
      Mode: "enforce",
      AccountScope: "suppress",
    });
  });

  test.each(["code", { passwordAndCode: "everybody" }, { passwordAndCode: ["owner"] }] as const)(
    "of a tenant whose sign-in is %j offers custom challenges alone",
    (signIn) => {
      const { client, template } = town(signIn);
      client();
      template().hasResourceProperties(CLIENT, {
        ExplicitAuthFlows: ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        AllowedOAuthFlowsUserPoolClient: false,
        SupportedIdentityProviders: ["COGNITO"],
      });
    },
  );

  test("comes after its tenant, and is bound after the function may look at it", () => {
    const { client, template } = town("code");
    client();
    template().hasResource(CLIENT, { DependsOn: Match.arrayWith([Match.stringLikeRegexp("^AcmeTenant")]) });
    template().hasResource(BINDING, { DependsOn: Match.arrayWith([Match.stringLikeRegexp("LooksAt")]) });
  });

  test("offers managed login by code where there is somewhere to go back to", () => {
    const { client, template } = town();
    client({ managedLogin: { callbackUrls: ["https://app.acme.example/in"] }, generateSecret: true });
    template().hasResourceProperties(CLIENT, {
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid"],
      CallbackURLs: ["https://app.acme.example/in"],
      GenerateSecret: true,
    });
  });

  test("of single sign-on offers the tenant's providers alone, and comes after them", () => {
    const { client, okta, template } = town();
    const managedLogin = { callbackUrls: ["https://app.acme.example/in"] };
    client({ identityProviders: [okta()], singleSignOnOnly: true, managedLogin });
    template().hasResource(CLIENT, {
      Properties: {
        ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
        SupportedIdentityProviders: [{ Ref: Match.stringLikeRegexp("^OktaProvider") }],
        AllowedOAuthFlows: ["code"],
      },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp("^OktaBinding")]),
    });
    template().hasResourceProperties("Custom::TenantryIdentityProvider", {
      Serves: "tenant",
      ProviderName: { Ref: Match.stringLikeRegexp("^OktaProvider") },
      TenantId: Match.anyValue(),
    });
  });

  test("of everybody, and of a machine, is bound as what it is", () => {
    const { client, template } = town();
    client({ tenant: "everybody" });
    template().hasResourceProperties(BINDING, { Binds: "shared", TenantId: Match.absent() });
    const other = town();
    other.client({ machine: { scopes: [cognito.OAuthScope.custom("orders/read")], roles: ["billing"] } });
    other.template().hasResourceProperties(BINDING, { Binds: "machine", Roles: ["billing"] });
    other.template().hasResourceProperties(CLIENT, {
      ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
      AllowedOAuthFlows: ["client_credentials"],
      GenerateSecret: true,
    });
  });

  test("is looser for a reason alone, which stays in the template", () => {
    const { client, template } = town();
    const made = client({ observe: { reason: "adopting" }, keepAccountScope: { reason: "profile page" } });
    template().hasResourceProperties(BINDING, { Mode: "observe", AccountScope: "keep" });
    expect(made.binding.node.metadata.map(({ data }) => data)).toEqual(
      expect.arrayContaining(["adopting", "profile page"]),
    );
  });

  test("of a machine speaks for another stack's tenant for a reason alone, which stays in the template", () => {
    const scopes = [cognito.OAuthScope.custom("orders/read")];
    const plain = town();
    plain.client({ machine: { scopes } });
    plain.template().hasResourceProperties(BINDING, { OfAnotherStack: Match.absent() });
    const other = town();
    const made = other.client({ machine: { scopes, ofAnotherStack: { reason: "billing runs for every tenant" } } });
    other.template().hasResourceProperties(BINDING, { OfAnotherStack: true });
    expect(made.binding.node.metadata).toContainEqual(
      expect.objectContaining({ type: "tenantry:ofAnotherStack", data: "billing runs for every tenant" }),
    );
  });

  const login = { callbackUrls: ["https://app.acme.example/in"] };
  test.each<[string, SignIn, (made: ReturnType<typeof town>) => Partial<TenantClientProps>]>([
    ["CLIENT_MANAGED_LOGIN", "code", () => ({ managedLogin: login })],
    ["CLIENT_SESSION", "code", () => ({ authSessionValidity: Duration.minutes(3) })],
    ["CLIENT_CALLBACK", "password", ({ okta }) => ({ identityProviders: [okta()] })],
    ["CLIENT_PROVIDERS", "password", () => ({ singleSignOnOnly: true, managedLogin: login })],
    ["CLIENT_MACHINE", "password", () => ({ machine: { scopes: [] }, managedLogin: login })],
    ["CLIENT_SCOPES", "password", () => ({ machine: { scopes: [] } })],
    ["CLIENT_VALIDITY", "password", () => ({ tokenValidity: Duration.hours(2) })],
    [
      "CLIENT_SHARED",
      "password",
      ({ okta }) => ({ identityProviders: [okta()], managedLogin: login, singleSignOnOnly: true, tenant: "everybody" }),
    ],
  ])("is refused with %s", (code, signIn, props) => {
    const made = town(signIn);
    expect(() => made.client(props(made))).toThrow(new RegExp(`^${code}: `));
  });
});

describe("a provider", () => {
  test("of another stack's tenant, or that somebody else bound, is taken for a reason alone, which stays in the template", () => {
    const reasons = {
      ofAnotherStack: { reason: "the tenants' stack has no providers" },
      adopt: { reason: "made by hand" },
    };
    const everyReason = Object.values(reasons).map(({ reason }) => reason);
    for (const said of [{}, reasons]) {
      const { stack, registrar, userPool, tenant, template } = town();
      const provider = new cognito.UserPoolIdentityProviderOidc(stack, "OktaProvider", {
        userPool,
        name: "Okta",
        clientId: "x",
        clientSecret: "y",
        issuerUrl: "https://okta.example",
      });
      const made = new IdentityProviderBinding(stack, "Okta", {
        registrar,
        userPool,
        provider,
        serves: tenant,
        ...said,
      });
      const asked = said === reasons ? true : Match.absent();
      template().hasResourceProperties("Custom::TenantryIdentityProvider", { OfAnotherStack: asked, Adopt: asked });
      const noted = made.resource.node.metadata
        .filter(({ type }) => type.startsWith("tenantry:"))
        .map(({ data }) => data);
      expect(noted.sort()).toEqual(said === reasons ? everyReason.sort() : []);
    }
  });

  test("of everybody is social, and can be disabled", () => {
    const { stack, registrar, userPool, template } = town();
    const provider = new cognito.UserPoolIdentityProviderGoogle(stack, "GoogleProvider", {
      userPool,
      clientId: "x",
      clientSecret: "y",
    });
    new IdentityProviderBinding(stack, "Google", { registrar, userPool, provider, serves: "social", enabled: false });
    template().hasResource("Custom::TenantryIdentityProvider", {
      Properties: { Serves: "social", TenantId: Match.absent(), Enabled: false },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp("^GoogleProvider")]),
    });
  });
});

describe("a dedicated pool", () => {
  test("is the tenant's own, and what says so stays with it", () => {
    const { stack, table, code, registrar, tenant, template } = town();
    const triggers = new TenantTriggers(stack, "Triggers", {
      table,
      code,
      sender: { from: "Acme <no-reply@acme.example>" },
    });
    const silo = new DedicatedPool(stack, "Silo", { registrar, tenant, triggers });
    new TenantClient(stack, "Web", { registrar, tenant, userPool: silo.pool.userPool });
    template().hasResource("Custom::TenantryPool", {
      Properties: {
        UserPoolId: { Ref: Match.stringLikeRegexp("^SiloPool") },
        DedicatedTo: { "Fn::GetAtt": [Match.stringLikeRegexp("^Acme"), "TenantId"] },
      },
      DeletionPolicy: "Retain",
    });
    template().hasResource("AWS::Cognito::UserPool", { DeletionPolicy: "Retain" });
  });

  test("that goes with its stack takes its registration along", () => {
    const { stack, table, code, registrar, tenant, template } = town();
    const triggers = new TenantTriggers(stack, "Triggers", { table, code, sender: { from: "no-reply@acme.example" } });
    new DedicatedPool(stack, "Silo", { registrar, tenant, triggers, disposable: { reason: "a trial" } });
    template().hasResource("Custom::TenantryPool", { DeletionPolicy: "Delete" });
  });
});
