// Verifies the local user pool's tokens as any Node.js API does: with aws-jwt-verify, pinned in package-lock.json.
//
// Usage: node jwt_verify_judge.cjs FOLDER, where FOLDER has the node_modules. Standard input is JSON:
// {"local": {issuer, jwksUri, clientId, idToken, accessToken, machineToken, machineClientId},
//  "aws": {userPoolId, clientId, jwks, idToken, accessToken, groups}}. Exits with 0 if every verdict was right.
"use strict";

const assert = require("node:assert/strict");
const { createRequire } = require("node:module");
const path = require("node:path");

const folder = createRequire(path.join(path.resolve(process.argv[2]), "package.json"));
const { CognitoJwtVerifier, JwtVerifier } = folder("aws-jwt-verify");
const { SimpleJwksCache } = folder("aws-jwt-verify/jwk");

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { local, aws } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  await judgeLocal(local);
  await judgeAws(aws);
  console.log("aws-jwt-verify found nothing to say");
}

// JwtVerifier takes any issuer; its own fetcher speaks https alone, so it is handed one that speaks http.
async function judgeLocal(given) {
  const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
  const verifier = (audience, tokenUse) =>
    JwtVerifier.create(
      {
        issuer: given.issuer,
        jwksUri: given.jwksUri,
        audience,
        customJwtCheck: ({ payload }) => assert.equal(payload.token_use, tokenUse),
      },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    );
  const id = await verifier(given.clientId, "id").verify(given.idToken);
  assert.equal(id.aud, given.clientId);
  await verifier(null, "access").verify(given.accessToken);
  const machine = await verifier(null, "access").verify(given.machineToken);
  assert.equal(machine.sub, given.machineClientId);
  await assert.rejects(verifier("another", "id").verify(given.idToken), /Audience not allowed/);
  await assert.rejects(verifier(given.clientId, "id").verify(tampered(given.idToken)), /Invalid signature/);
}

// CognitoJwtVerifier takes AWS's issuer alone, and the keys where there is no AWS to ask.
async function judgeAws(given) {
  const verifier = (tokenUse, more = {}) => {
    const made = CognitoJwtVerifier.create({
      userPoolId: given.userPoolId,
      clientId: given.clientId,
      tokenUse,
      ...more,
    });
    made.cacheJwks(given.jwks);
    return made;
  };
  const id = await verifier("id").verify(given.idToken);
  assert.equal(id.token_use, "id");
  const access = await verifier("access", { scope: "aws.cognito.signin.user.admin" }).verify(given.accessToken);
  assert.equal(access.client_id, given.clientId);
  assert.equal(access.origin_jti, id.origin_jti);
  await verifier("access", { groups: given.groups }).verify(given.accessToken);
  await assert.rejects(verifier("access", { groups: ["others"] }).verify(given.accessToken), /Group/i);
  await assert.rejects(verifier("access").verify(given.idToken), /Token use not allowed/);
  await assert.rejects(verifier("id").verify(given.accessToken), /Token use not allowed/);
  await assert.rejects(verifier("id", { clientId: "another" }).verify(given.idToken), /Client ID .* not allowed/);
  await assert.rejects(verifier("access").verify(tampered(given.accessToken)), /Invalid signature/);
}

function tampered(token) {
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  claims.iat -= 1;
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
