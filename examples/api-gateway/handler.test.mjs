// The function as API Gateway calls it, payload format 2.0.
import assert from "node:assert/strict";
import { test } from "node:test";

import { handler } from "./handler.mjs";

const ACME = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const GLOBEX = "t_bbbbbbbbbbbbbbbbbbbbbbbbbb";

/** What the authorizer makes of Ann's access token: strings throughout. */
const CLAIMS = {
  sub: "5d9c7b1e-0000-4000-8000-000000000001",
  iss: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01",
  client_id: "acme-web",
  token_use: "access",
  scope: "openid",
  auth_time: "1795242600",
  iat: "1795242600",
  exp: "1795242900",
  tenant_id: ACME,
  member_id: "m_cccccccccccccccccccccccccc",
  roles: "[admin member]",
  permissions: "[invoices:read]",
};

/** An event; undefined takes a claim out. */
function event({ claims = {}, routeKey = "GET /whoami", pathParameters } = {}) {
  const there = Object.entries({ ...CLAIMS, ...claims }).filter(([, value]) => value !== undefined);
  return {
    version: "2.0",
    routeKey,
    headers: {},
    pathParameters,
    requestContext: { authorizer: { jwt: { claims: Object.fromEntries(there), scopes: null } } },
  };
}

const invoices = (tenant, claims) =>
  event({ claims, routeKey: "GET /tenants/{tenant_id}/invoices", pathParameters: { tenant_id: tenant } });

async function ask(given) {
  const { statusCode, headers, body } = await handler(given);
  assert.equal(headers["www-authenticate"] !== undefined, statusCode === 401);
  return [statusCode, JSON.parse(body)];
}

test("says who calls and in which tenant", async () => {
  assert.deepEqual(await ask(event()), [
    200,
    {
      tenantId: ACME,
      memberId: "m_cccccccccccccccccccccccccc",
      roles: ["admin", "member"],
      permissions: ["invoices:read"],
    },
  ]);
});

test("reads roles as API Gateway writes arrays, as words, or not at all", async () => {
  for (const [written, read] of [
    ["[admin member]", ["admin", "member"]],
    ["[owner]", ["owner"]],
    ["[]", []],
    ["admin member", ["admin", "member"]],
    ["owner", ["owner"]],
    ["", []],
    [undefined, []],
  ]) {
    const [status, body] = await ask(event({ claims: { roles: written } }));
    assert.deepEqual([status, body.roles], [200, read], written);
  }
});

test("a machine has no membership", async () => {
  const [status, body] = await ask(event({ claims: { member_id: undefined } }));
  assert.deepEqual([status, "memberId" in body], [200, false]);
});

test("a path opens to its own tenant alone", async () => {
  assert.deepEqual(await ask(invoices(ACME)), [200, { tenantId: ACME, invoices: [] }]);
  for (const other of [GLOBEX, ACME.toUpperCase(), "acme", ""]) {
    assert.deepEqual(await ask(invoices(other)), [403, { message: "This is another workspace's." }], other);
  }
});

test("a permission is the whole word", async () => {
  for (const permissions of ["[invoices:list]", "[invoices:read:own]", "[]", undefined]) {
    assert.deepEqual(await ask(invoices(ACME, { permissions })), [403, { message: "Your role does not allow this." }]);
  }
});

test("a token without tenant is nobody's", async () => {
  for (const tenant_id of [undefined, ""]) {
    assert.deepEqual(await ask(event({ claims: { tenant_id } })), [403, { message: "Choose a workspace first." }]);
  }
});

test("refuses an ID token, which the authorizer let pass", async () => {
  for (const token_use of ["id", undefined]) {
    const claims = { token_use, aud: "acme-web", client_id: undefined };
    assert.deepEqual(await ask(event({ claims })), [401, { message: "Sign in first." }]);
  }
});

test("refuses a route whose authorizer was forgotten, and the claims of another kind of API", async () => {
  for (const authorizer of [undefined, null, {}, { claims: CLAIMS }, { lambda: CLAIMS }, { jwt: null }]) {
    const given = { ...event(), requestContext: { authorizer } };
    assert.deepEqual(await ask(given), [401, { message: "Sign in first." }]);
  }
});

test("takes nothing from headers, query or body", async () => {
  const given = event({ claims: { tenant_id: undefined } });
  given.headers = { tenant_id: ACME, "x-tenant-id": ACME };
  given.queryStringParameters = { tenant_id: ACME };
  given.body = JSON.stringify({ tenant_id: ACME });
  assert.equal((await ask(given))[0], 403);
});
