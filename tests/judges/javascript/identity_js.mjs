// amazon-cognito-identity-js, as a page uses it that has not moved to Amplify: sign-up, SRP, custom challenges, refresh, a forgotten
// password. Usage: node identity_js.mjs FOLDER, where FOLDER has the node_modules; see conversation.mjs for what it says.

import { ask, judge, load, saw } from "./conversation.mjs";
import { verifier } from "./verified.mjs";

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } =
  load("amazon-cognito-identity-js");

const PASSWORD = "Correct-horse-1";
const ANOTHER = "Another-horse-2";

judge(async (given) => {
  const says = await verifier(given);
  const { endpoint, pool: UserPoolId, clients, people } = given;
  const pools = Object.fromEntries(
    Object.entries(clients).map(([tenant, ClientId]) => [tenant, new CognitoUserPool({ UserPoolId, ClientId, endpoint })]),
  );
  const user = (tenant, Username) => new CognitoUser({ Username, Pool: pools[tenant] });

  /** One callback of Node's kind, as a promise. */
  const called = (act) =>
    new Promise((fulfil, reject) => act((error, result) => (error ? reject(error) : fulfil(result))));

  /** The callbacks of a sign-in, as a promise of where it stands. */
  const step = (act) =>
    new Promise((fulfil, reject) =>
      act({
        onSuccess: (session) => fulfil({ session }),
        onFailure: reject,
        customChallenge: (challenge) => fulfil({ challenge }),
        newPasswordRequired: () => fulfil({ newPasswordRequired: true }),
      }),
    );

  const said = (tenant, session) =>
    says(
      { id: session.getIdToken().getJwtToken(), access: session.getAccessToken().getJwtToken() },
      clients[tenant],
    );

  const signUp = (tenant, address) =>
    called((done) =>
      pools[tenant].signUp(address, PASSWORD, [new CognitoUserAttribute({ Name: "name", Value: "Ann" })], null, done),
    );

  const srp = async (tenant, address, Password) => {
    const person = user(tenant, address);
    const details = new AuthenticationDetails({ Username: address, Password });
    const { session } = await step((callbacks) => person.authenticateUser(details, callbacks));
    return { person, session };
  };

  /** Signs up and confirms, where that is not what is judged. */
  const settle = async (tenant, address) => {
    await signUp(tenant, address);
    await called(async (done) => user(tenant, address).confirmRegistration(await ask("code", address), true, done));
    await ask("confirmed", address);
  };

  // Sign-up.
  const { stranger, ann, bob, cid, nobody } = people;
  await saw("a stranger's sign-up", () => signUp("acme", stranger));
  await saw("a sign-up", async () => {
    const { userConfirmed, codeDeliveryDetails } = await signUp("acme", ann);
    return { confirmed: userConfirmed, code: codeDeliveryDetails };
  });
  await saw("a second sign-up", () => signUp("acme", ann));
  await saw("a sign-in before the confirmation", () => srp("acme", ann, PASSWORD));
  await saw("a confirmation with a wrong code", () =>
    called((done) => user("acme", ann).confirmRegistration("000000", true, done)),
  );
  await saw("a confirmation", async () => {
    const code = await ask("code", ann);
    return called((done) => user("acme", ann).confirmRegistration(code, true, done));
  });
  await saw("a verified address", () => ask("confirmed", ann));

  // A password, by SRP.
  await saw("a wrong password", () => srp("acme", ann, "Wrong-horse-9"));
  await saw("an unknown user's password", () => srp("acme", nobody, PASSWORD));
  const signedIn = await srp("acme", ann, PASSWORD);
  await saw("a password", () => said("acme", signedIn.session));
  await saw("a refresh", async () => {
    const session = await called((done) => signedIn.person.refreshSession(signedIn.session.getRefreshToken(), done));
    return said("acme", session);
  });

  // A forgotten password.
  const forgets = user("acme", ann);
  await saw("a forgotten password", () =>
    new Promise((fulfil, reject) =>
      forgets.forgotPassword({
        onSuccess: fulfil,
        onFailure: reject,
        inputVerificationCode: ({ CodeDeliveryDetails }) => fulfil(CodeDeliveryDetails),
      }),
    ),
  );
  const reset = (code) =>
    new Promise((onSuccess, onFailure) => forgets.confirmPassword(code, ANOTHER, { onSuccess, onFailure }));
  await saw("a new password with a wrong code", () => reset("000000"));
  await saw("a new password", async () => reset(await ask("code", ann)));
  await saw("the old password", () => srp("acme", ann, PASSWORD));
  await saw("the new password", async () => said("acme", (await srp("acme", ann, ANOTHER)).session));

  // A password and then a code by e-mail.
  await settle("globex", bob);
  const begin = async (Password) => {
    const person = user("globex", bob);
    person.setAuthenticationFlowType("CUSTOM_AUTH");
    const details = new AuthenticationDetails({ Username: bob, Password });
    return { person, ...(await step((callbacks) => person.authenticateUser(details, callbacks))) };
  };
  const answer = (person, code) => step((callbacks) => person.sendCustomChallengeAnswer(code, callbacks));
  await saw("password alone where a code is asked for", () => srp("globex", bob, PASSWORD));
  await saw("a wrong password before a code", () => begin("Wrong-horse-9"));
  const first = await begin(PASSWORD);
  await saw("a password before a code", () => first.challenge);
  await saw("a code after a password", async () =>
    said("globex", (await answer(first.person, await ask("signInCode", bob))).session),
  );
  const second = await begin(PASSWORD);
  await saw("a wrong code after a password", async () => (await answer(second.person, WRONG)).challenge);
  await saw("a right code after a wrong one", async () =>
    said("globex", (await answer(second.person, await ask("signInCode", bob))).session),
  );

  // A code by e-mail alone.
  await settle("initech", cid);
  const start = async (address) => {
    const person = user("initech", address);
    const details = new AuthenticationDetails({ Username: address });
    return { person, ...(await step((callbacks) => person.initiateAuth(details, callbacks))) };
  };
  const only = await start(cid);
  await saw("a challenge of a code alone", () => only.challenge);
  await saw("a code alone", async () =>
    said("initech", (await answer(only.person, await ask("signInCode", cid))).session),
  );
  await saw("three wrong codes", async () => {
    const guessing = await start(cid);
    await answer(guessing.person, WRONG);
    await answer(guessing.person, WRONG);
    return answer(guessing.person, WRONG);
  });
  await saw("an unknown user's challenge", async () => (await start(nobody)).challenge);

  // A removal.
  await ask("remove", ann);
  await saw("a removed member's refresh", () =>
    called((done) => signedIn.person.refreshSession(signedIn.session.getRefreshToken(), done)),
  );
});

/** Codes have eight digits. */
const WRONG = "wrong";
