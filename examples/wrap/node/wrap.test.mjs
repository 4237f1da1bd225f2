import assert from "node:assert/strict";
import test from "node:test";
import { Refused, tenantry, wrap } from "./wrap.mjs";

const event = (triggerSource, response = {}, version = "1") => ({ version, triggerSource, request: {}, response });
const said = (change) => async (text) => {
  const answer = JSON.parse(text);
  change(answer);
  return { failed: false, payload: JSON.stringify(answer) };
};
const refuses = (errorMessage) => async () => ({ failed: true, payload: JSON.stringify({ errorType: "Refused", errorMessage }) });
const echo = async (given) => given;

test("a refusal arrives word for word", async () => {
  const sentence = "You need an invitation to join this workspace. Ask its admin. (INVITATION_REQUIRED)";
  const handler = wrap(echo, tenantry(refuses(sentence)));
  for (const source of ["PreSignUp_SignUp", "TokenGeneration_Authentication", "DefineAuthChallenge_Authentication"]) {
    await assert.rejects(handler(event(source)), (error) => error instanceof Refused && error.message === sentence);
  }
});

test("when Tenantry cannot be asked, nobody gets in and everybody reads a calm sentence", async () => {
  const handler = wrap(echo, tenantry(async () => Promise.reject(new Error("arn:aws:lambda:secret words"))));
  for (const source of ["PreSignUp_SignUp", "TokenGeneration_RefreshTokens", "VerifyAuthChallengeResponse_Authentication"]) {
    await assert.rejects(handler(event(source)), /^Error: Something went wrong on our side\. Try again in a moment\. \(TRY_AGAIN\)$/);
  }
});

test("yours is asked first at sign-up, and what it refuses never reaches Tenantry", async () => {
  let asked = 0;
  const ask = async (given) => ((asked += 1), given);
  const own = async (given) => {
    if (given.request.bad) throw new Error("no");
    given.response.autoConfirmUser = true;
    return given;
  };
  const handler = wrap(own, ask);
  await assert.rejects(handler({ ...event("PreSignUp_SignUp"), request: { bad: true } }));
  assert.equal(asked, 0);
  assert.equal((await handler(event("PreSignUp_SignUp"))).response.autoConfirmUser, true);
});

test("a confirmed person is told so, whatever Tenantry says, and yours runs", async () => {
  let ran = 0;
  const handler = wrap(async (given) => ((ran += 1), given), tenantry(refuses("no")));
  assert.deepEqual(await handler(event("PostConfirmation_ConfirmSignUp")), event("PostConfirmation_ConfirmSignUp"));
  assert.equal(ran, 1);
});

test("the names of Tenantry's claims are Tenantry's alone", async () => {
  const own = async (given) => {
    given.response.claimsAndScopeOverrideDetails = {
      idTokenGeneration: { claimsToAddOrOverride: { theme: "dark", tenant_id: "t_mine" }, claimsToSuppress: ["phone", "roles"] },
      accessTokenGeneration: {
        claimsToAddOrOverride: { tenant_slug: "mine" },
        scopesToAdd: ["docs/read", "aws.cognito.signin.user.admin"],
      },
      groupOverrideDetails: { groupsToOverride: ["theirs"] },
    };
    return given;
  };
  const handler = wrap(
    own,
    tenantry(
      said((answer) => {
        const claims = { claimsToAddOrOverride: { tenant_id: "t_real", roles: ["admin"] }, claimsToSuppress: ["tenant_slug"] };
        answer.response.claimsAndScopeOverrideDetails = {
          idTokenGeneration: claims,
          accessTokenGeneration: { ...claims, scopesToSuppress: ["aws.cognito.signin.user.admin"] },
          groupOverrideDetails: { groupsToOverride: ["ours"] },
        };
      }),
    ),
  );
  const answer = await handler(event("TokenGeneration_Authentication", { claimsAndScopeOverrideDetails: null }, "2"));
  assert.deepEqual(answer.response.claimsAndScopeOverrideDetails, {
    idTokenGeneration: {
      claimsToAddOrOverride: { theme: "dark", tenant_id: "t_real", roles: ["admin"] },
      claimsToSuppress: ["phone", "tenant_slug"],
    },
    accessTokenGeneration: {
      claimsToAddOrOverride: { tenant_id: "t_real", roles: ["admin"] },
      claimsToSuppress: ["tenant_slug"],
      scopesToAdd: ["docs/read"],
      scopesToSuppress: ["aws.cognito.signin.user.admin"],
    },
    groupOverrideDetails: { groupsToOverride: ["ours"] },
  });
});

test("version 1 has one token, of strings", async () => {
  const own = async (given) => {
    given.response.claimsOverrideDetails = { claimsToAddOrOverride: { theme: "dark", tenant_id: "t_mine" } };
    return given;
  };
  const ours = said((answer) => {
    answer.response.claimsOverrideDetails = { claimsToAddOrOverride: { tenant_id: "t_real" }, claimsToSuppress: ["roles"] };
  });
  const answer = await wrap(own, tenantry(ours))(event("TokenGeneration_Authentication", { claimsOverrideDetails: null }));
  assert.deepEqual(answer.response.claimsOverrideDetails, {
    claimsToAddOrOverride: { theme: "dark", tenant_id: "t_real" },
    claimsToSuppress: ["roles"],
  });
});

test("a client that only observes is yours as before", async () => {
  const details = { idTokenGeneration: { claimsToAddOrOverride: { tenant_id: "mine" } } };
  const own = async (given) => {
    given.response.claimsAndScopeOverrideDetails = details;
    return given;
  };
  const handler = wrap(own, tenantry(said(() => {})));
  const answer = await handler(event("TokenGeneration_Authentication", { claimsAndScopeOverrideDetails: null }, "2"));
  assert.deepEqual(answer.response.claimsAndScopeOverrideDetails, details);
});

test("a challenge is one party's: yours where Tenantry says nothing", async () => {
  const own = async (given) => ({ ...given, response: { challengeName: "CUSTOM_CHALLENGE", issueTokens: false } });
  const nothing = { challengeName: null, issueTokens: null, failAuthentication: null };
  const asked = event("DefineAuthChallenge_Authentication", nothing);
  const yours = await wrap(own, tenantry(said(() => {})))(asked);
  assert.equal(yours.response.challengeName, "CUSTOM_CHALLENGE");
  const ours = tenantry(said((answer) => (answer.response = { ...nothing, issueTokens: true })));
  const answer = await wrap(async () => assert.fail("yours was asked"), ours)(asked);
  assert.equal(answer.response.issueTokens, true);
});

test("an answer that is no event is said calmly, without its words", async () => {
  for (const failed of [false, true]) {
    for (const payload of ["<html>secret</html>", "null", "", undefined, "[]"]) {
      const handler = wrap(async (given) => given, tenantry(async () => ({ failed, payload })));
      const error = await handler(event("PreSignUp_SignUp", {})).catch((thrown) => thrown);
      assert.match(error.message, /^Something went wrong on our side.*\(TRY_AGAIN\)$/, String(payload));
    }
  }
});
