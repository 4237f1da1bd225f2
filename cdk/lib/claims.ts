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

/**
 * `TENANTRY_CLAIMS`, as pre token generation reads it.
 *
 * Throws `CLAIM_UNKNOWN` for a claim that no token has.
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
  return JSON.stringify(claims);
}
