// A function that is in a user pool's slot already, and asks Tenantry's function too.
import { isDeepStrictEqual } from "node:util";

const CALM = "Something went wrong on our side. Try again in a moment. (TRY_AGAIN)";

/** A refusal in Tenantry's own words, which Cognito shows to the user. */
export class Refused extends Error {}

/** Calls Tenantry's function with the whole event; its answer is the whole event. */
export function tenantry(invoke) {
  return async (event) => {
    let answer;
    let body;
    try {
      answer = await invoke(JSON.stringify(event));
      body = JSON.parse(answer.payload);
      if (typeof body !== "object" || body === null || Array.isArray(body)) throw new TypeError("no event");
    } catch (cause) {
      console.error("Tenantry could not be asked", cause?.name);
      throw new Error(CALM);
    }
    if (!answer.failed) return body;
    // Word for word: the sentence is for the user, the code at its end for your front end.
    throw new Refused(body.errorMessage ?? CALM);
  };
}

/** Your handler and Tenantry's, in the order that each trigger needs. */
export function wrap(own, ask) {
  return async (event) => {
    const [kind] = event.triggerSource.split("_");
    switch (kind) {
      case "PreSignUp":
        // Yours first: what it refuses takes up no invitation.
        return ask(await own(structuredClone(event)));
      case "PostConfirmation":
        // The person is confirmed whatever happens here, and the next token repairs what Tenantry could not do.
        return own(await ask(event).catch(() => event));
      case "TokenGeneration": {
        const ours = await ask(event);
        const theirs = await own(structuredClone(event));
        return { ...ours, response: { ...theirs.response, ...ours.response, ...tokens(event, theirs, ours) } };
      }
      default: {
        // A challenge is one party's from the first step to the last: yours only where Tenantry says nothing.
        const ours = await ask(event);
        return isDeepStrictEqual(ours.response, event.response) ? own(ours) : ours;
      }
    }
  };
}

/** Both say something of the token: whatever name Tenantry sets or suppresses is Tenantry's. */
function tokens(event, theirs, ours) {
  const key = event.version === "1" ? "claimsOverrideDetails" : "claimsAndScopeOverrideDetails";
  const [mine, first] = [theirs.response?.[key], ours.response?.[key]];
  if (!first) return { [key]: mine ?? null }; // The client only observes.
  if (!mine) return { [key]: first };
  if (event.version === "1") return { [key]: { ...mine, ...first, ...claims(mine, first) } };
  const merged = { ...mine, ...first };
  for (const token of ["idTokenGeneration", "accessTokenGeneration"]) {
    if (mine[token] || first[token]) merged[token] = both(mine[token] ?? {}, first[token] ?? {});
  }
  return { [key]: merged };
}

function both(mine, first) {
  const suppressed = union(mine.scopesToSuppress, first.scopesToSuppress);
  const added = union(mine.scopesToAdd, first.scopesToAdd).filter((scope) => !first.scopesToSuppress?.includes(scope));
  return {
    ...claims(mine, first),
    ...(added.length > 0 && { scopesToAdd: added }),
    ...(suppressed.length > 0 && { scopesToSuppress: suppressed }),
  };
}

function claims(mine, first) {
  const set = first.claimsToAddOrOverride ?? {};
  const gone = first.claimsToSuppress ?? [];
  const kept = Object.entries(mine.claimsToAddOrOverride ?? {}).filter(([name]) => !gone.includes(name));
  return {
    claimsToAddOrOverride: { ...Object.fromEntries(kept), ...set },
    claimsToSuppress: union(mine.claimsToSuppress, gone).filter((name) => !Object.hasOwn(set, name)),
  };
}

function union(one = [], other = []) {
  return [...new Set([...(one ?? []), ...(other ?? [])])];
}
