// aws-amplify v6, as a page uses it today: sign-up, SRP, custom challenges, refresh, a forgotten password.
// Usage: node amplify.mjs FOLDER, where FOLDER has the node_modules; see conversation.mjs for what it says.

import { ask, judge, load, saw } from "./conversation.mjs";
import { verifier } from "./verified.mjs";

const { Amplify } = load("aws-amplify");
const auth = load("aws-amplify/auth");
const { cognitoUserPoolsTokenProvider } = load("aws-amplify/auth/cognito");

const PASSWORD = "Correct-horse-1";
const ANOTHER = "Another-horse-2";

/** What the library keeps in a browser's storage. */
class Memory {
  #kept = new Map();
  setItem = async (key, value) => void this.#kept.set(key, value);
  getItem = async (key) => this.#kept.get(key) ?? null;
  removeItem = async (key) => void this.#kept.delete(key);
  clear = async () => this.#kept.clear();
}

judge(async (given) => {
  const says = await verifier(given);
  const { clients, people } = given;
  cognitoUserPoolsTokenProvider.setKeyValueStorage(new Memory());

  /** One page is the page of one app client. */
  const at = (tenant) =>
    Amplify.configure({
      Auth: {
        Cognito: { userPoolId: given.pool, userPoolClientId: clients[tenant], userPoolEndpoint: given.endpoint },
      },
    });

  const said = async (tenant, options) => {
    const { tokens } = await auth.fetchAuthSession(options);
    return says({ id: tokens.idToken.toString(), access: tokens.accessToken.toString() }, clients[tenant]);
  };

  const signUp = (username) => auth.signUp({ username, password: PASSWORD, options: { userAttributes: { name: "Ann" } } });

  const srp = (username, password) => auth.signIn({ username, password, options: { authFlowType: "USER_SRP_AUTH" } });

  /** A session that ended before, as the next person at the same page. */
  const fresh = () => auth.signOut().catch(() => undefined);

  /** Signs up and confirms, where that is not what is judged. */
  const settle = async (username) => {
    await signUp(username);
    await auth.confirmSignUp({ username, confirmationCode: await ask("code", username) });
    await ask("confirmed", username);
  };

  // Sign-up.
  const { stranger, ann, bob, cid, nobody } = people;
  at("acme");
  await saw("a stranger's sign-up", () => signUp(stranger));
  await saw("a sign-up", async () => {
    const { isSignUpComplete, nextStep } = await signUp(ann);
    return { confirmed: isSignUpComplete, code: spelled(nextStep.codeDeliveryDetails) };
  });
  await saw("a second sign-up", () => signUp(ann));
  // The library makes an exception of this answer into a next step.
  await saw("a sign-in before the confirmation", async () => (await srp(ann, PASSWORD)).nextStep.signInStep);
  await saw("a confirmation with a wrong code", async () => {
    await auth.confirmSignUp({ username: ann, confirmationCode: "000000" });
    return "SUCCESS";
  });
  await saw("a confirmation", async () => {
    await auth.confirmSignUp({ username: ann, confirmationCode: await ask("code", ann) });
    return "SUCCESS";
  });
  await saw("a verified address", () => ask("confirmed", ann));

  // A password, by SRP.
  await saw("a wrong password", () => srp(ann, "Wrong-horse-9"));
  await saw("an unknown user's password", () => srp(nobody, PASSWORD));
  await saw("a password", async () => {
    await srp(ann, PASSWORD);
    return said("acme");
  });
  await saw("a refresh", () => said("acme", { forceRefresh: true }));
  await fresh();

  // A forgotten password.
  await saw("a forgotten password", async () => {
    const { nextStep } = await auth.resetPassword({ username: ann });
    return spelled(nextStep.codeDeliveryDetails);
  });
  const reset = async (confirmationCode) => {
    await auth.confirmResetPassword({ username: ann, newPassword: ANOTHER, confirmationCode });
    return "SUCCESS";
  };
  await saw("a new password with a wrong code", () => reset("000000"));
  await saw("a new password", async () => reset(await ask("code", ann)));
  await saw("the old password", () => srp(ann, PASSWORD));
  await saw("the new password", async () => {
    await srp(ann, ANOTHER);
    return said("acme");
  });
  await fresh();

  // A password and then a code by e-mail.
  at("globex");
  await settle(bob);
  const begin = (password) =>
    auth.signIn({ username: bob, password, options: { authFlowType: "CUSTOM_WITH_SRP" } });
  const challenge = ({ nextStep }) => nextStep.additionalInfo;
  const answer = (challengeResponse) => auth.confirmSignIn({ challengeResponse });
  await saw("password alone where a code is asked for", () => srp(bob, PASSWORD));
  await saw("a wrong password before a code", () => begin("Wrong-horse-9"));
  await saw("a password before a code", async () => challenge(await begin(PASSWORD)));
  await saw("a code after a password", async () => {
    await answer(await ask("signInCode", bob));
    return said("globex");
  });
  await fresh();
  await begin(PASSWORD);
  await saw("a wrong code after a password", async () => challenge(await answer(WRONG)));
  await saw("a right code after a wrong one", async () => {
    await answer(await ask("signInCode", bob));
    return said("globex");
  });
  await fresh();

  // A code by e-mail alone.
  at("initech");
  await settle(cid);
  const start = (username) => auth.signIn({ username, options: { authFlowType: "CUSTOM_WITHOUT_SRP" } });
  await saw("a challenge of a code alone", async () => challenge(await start(cid)));
  await saw("a code alone", async () => {
    await answer(await ask("signInCode", cid));
    return said("initech");
  });
  await fresh();
  await saw("three wrong codes", async () => {
    await start(cid);
    await answer(WRONG);
    await answer(WRONG);
    return challenge(await answer(WRONG));
  });
  await fresh();
  await saw("an unknown user's challenge", async () => challenge(await start(nobody)));
  await fresh();

  // A removal.
  at("acme");
  await srp(ann, ANOTHER);
  await ask("remove", ann);
  await saw("a removed member's refresh", () => said("acme", { forceRefresh: true }));
});

/** Codes have eight digits. */
const WRONG = "wrong";

/** Where a code went, in the API's spelling. */
function spelled({ destination, deliveryMedium, attributeName }) {
  return { Destination: destination, DeliveryMedium: deliveryMedium, AttributeName: attributeName };
}
