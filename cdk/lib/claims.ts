/**
 * Under which names tokens speak of a tenant.
 *
 * @module
 */
import { type ClaimName, facts } from "./facts.ts";
import { refused } from "./refusal.ts";

/** A claim's name; lists (`roles`, `permissions`) come as arrays, or as one string with spaces. */
export type Claim = string | { readonly name: string; readonly shape: "list" | "spaced" };

/** For each claim another name, several, or `null` for "never said". What is not mentioned keeps its own name. */
export type ClaimNames = Readonly<Partial<Record<ClaimName, Claim | readonly Claim[] | null>>>;

/** Lambda takes 4 KB of variables in all, and the others need theirs. */
const LONGEST_VARIABLE = 2048;

/**
 * `TENANTRY_CLAIMS`, as pre token generation reads it. What that function refuses is refused here: it would not start, and nobody would get a token.
 *
 * Throws `CLAIM_UNKNOWN` for a claim that no token has, `CLAIM_NAME` for a name that no claim of ours can have, `CLAIM_TWICE` for one name of two claims, the
 * defaults of those that are not mentioned included, `CLAIMS_LONG` for more than a function's variables hold.
 */
export function claimsVariable(claims: ClaimNames): string {
  for (const name of Object.keys(claims)) {
    if (!facts.claims.some((known) => known === name)) {
      refused(
        "CLAIM_UNKNOWN",
        `There is no claim ${JSON.stringify(name)} to name. Known are ${facts.claims.join(", ")}.`,
      );
    }
  }
  const said = new Map<string, ClaimName>();
  for (const claim of facts.claims) {
    for (const name of namesOf(claim, claims[claim])) {
      checkName(claim, name);
      const other = said.get(name);
      if (other !== undefined) {
        refused(
          "CLAIM_TWICE",
          `${JSON.stringify(name)} would stand for ${other} and for ${claim}${claims[claim] === undefined ? ", which keeps its own name unless it is given another" : ""}. Choose another name for one of them.`,
        );
      }
      said.set(name, claim);
    }
  }
  const variable = JSON.stringify(claims);
  if (variable.length > LONGEST_VARIABLE) {
    refused(
      "CLAIMS_LONG",
      `The names of the claims take ${variable.length} characters, and ${LONGEST_VARIABLE} fit into a function's variables. Choose shorter ones.`,
    );
  }
  return variable;
}

function namesOf(claim: ClaimName, named: Claim | readonly Claim[] | null | undefined): string[] {
  if (named === undefined) return [claim];
  if (named === null) return [];
  const several: readonly Claim[] = Array.isArray(named) ? named : [named as Claim];
  return several.map((one) => (typeof one === "string" ? one : one.name));
}

function checkName(claim: ClaimName, name: string): void {
  const { letters, longest, taken, reservedPrefixes } = facts.claimRule;
  const written = name !== "" && name.length <= longest && [...name].every((letter) => letters.includes(letter));
  const reserved = reservedPrefixes.find((prefix) => name.startsWith(prefix));
  if (written && reserved === undefined && !taken.includes(name)) return;
  const [most, shown] = [40, JSON.stringify(name)];
  refused(
    "CLAIM_NAME",
    `${shown.length > most ? `${shown.slice(0, most)}…` : shown} is no name for ${claim}. Choose one of 1 to ${longest} printable characters without spaces, quotation marks and backslashes, that is no claim of Cognito's or OpenID Connect's own and does not begin with ${reservedPrefixes.join(" or ")}.`,
  );
}
