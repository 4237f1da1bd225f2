// A function behind an HTTP API whose routes have a JWT authorizer; the marked region is the part to copy.

// snippet:start
/** A refusal with its HTTP status. */
export class Denied extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Who calls, in which tenant and as what, by the token that the route's JWT authorizer verified. */
export function currentTenant(event) {
  const claims = event.requestContext?.authorizer?.jwt?.claims;
  // The authorizer takes ID tokens too: their `aud` is the app client that an access token names in `client_id`.
  if (claims?.token_use !== "access") throw new Denied(401, "Sign in first.");
  if (!claims.tenant_id) throw new Denied(403, "Choose a workspace first.");
  const asked = event.pathParameters?.tenant_id;
  if (asked !== undefined && asked !== claims.tenant_id) throw new Denied(403, "This is another workspace's.");
  return {
    tenantId: claims.tenant_id,
    memberId: claims.member_id, // undefined: a machine
    roles: words(claims.roles),
    permissions: words(claims.permissions),
  };
}

/** API Gateway hands every claim over as a string; an array arrives as "[admin member]". */
function words(claim = "") {
  return claim.replace(/^\[(.*)\]$/, "$1").split(" ").filter(Boolean);
}
// snippet:end

/** `GET /whoami` and `GET /tenants/{tenant_id}/invoices`. */
export async function handler(event) {
  try {
    const tenant = currentTenant(event);
    if (event.routeKey === "GET /whoami") return answer(200, tenant);
    if (event.routeKey !== "GET /tenants/{tenant_id}/invoices") throw new Denied(404, "There is nothing here.");
    if (!tenant.permissions.includes("invoices:read")) throw new Denied(403, "Your role does not allow this.");
    return answer(200, { tenantId: tenant.tenantId, invoices: [] });
  } catch (error) {
    if (error instanceof Denied) return answer(error.status, { message: error.message });
    throw error;
  }
}

function answer(statusCode, body) {
  const headers = { "content-type": "application/json", ...(statusCode === 401 && { "www-authenticate": "Bearer" }) };
  return { statusCode, headers, body: JSON.stringify(body) };
}
