// What tokens say, once aws-jwt-verify has verified every one of them as a Node.js API would.

import { load } from "./conversation.mjs";

const { CognitoJwtVerifier } = load("aws-jwt-verify");

const OURS = [
  "tenant_id",
  "tenant_slug",
  "tenant_tier",
  "roles",
  "permissions",
  "https://aws.amazon.com/tags",
];

function picked(claims, names) {
  return Object.fromEntries(names.filter((name) => name in claims).map((name) => [name, claims[name]]));
}

/** Makes a function from ID and access token to what they say of the tenant, and of scopes. */
export async function verifier(given) {
  const jwks = await (await fetch(given.jwks)).json();
  const verified = (token, tokenUse, clientId) => {
    const made = CognitoJwtVerifier.create({ userPoolId: given.pool, tokenUse, clientId });
    made.cacheJwks(jwks);
    return made.verify(token);
  };
  return async (tokens, client) => {
    const id = await verified(tokens.id, "id", client);
    const access = await verified(tokens.access, "access", client);
    if (id.sub !== access.sub || id.origin_jti !== access.origin_jti) throw new Error("two tokens of two sign-ins");
    return { id: picked(id, OURS), access: picked(access, [...OURS, "scope"]) };
  };
}
