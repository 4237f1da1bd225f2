/**
 * What the templates must know of the Rust code. `facts.json` is written from that side and never by hand, so that a template cannot
 * leave out a variable that a binary requires, or grant what it does not use.
 *
 * @module
 */
import written from "./facts.json" with { type: "json" };

/** The triggers, by the names of their binaries. */
export type TriggerName =
  | "pre-sign-up"
  | "post-confirmation"
  | "pre-token-generation"
  | "define-auth-challenge"
  | "create-auth-challenge"
  | "verify-auth-challenge";

/** The binaries that run on Lambda: the triggers, and the custom resource that binds clients and providers. */
export type BinaryName = TriggerName | "registrar";

/** What a tenant's claim says; each goes by a name that can be chosen. */
export type ClaimName = "tenant_id" | "tenant_slug" | "tenant_tier" | "member_id" | "roles" | "permissions";

/** What is known of a trigger. */
export interface TriggerFacts {
  /** Its slot in a user pool's `LambdaConfig`. */
  readonly slot: string;
  /** The variables that it reads. */
  readonly environment: { readonly required: readonly string[]; readonly optional: readonly string[] };
  /** The DynamoDB actions with which it reads the base table. */
  readonly read: readonly string[];
  /** Those with which it writes; `ConditionCheckItem` is among them, since transactions alone need it. */
  readonly write: readonly string[];
  /** For each action of `read`, how the partition keys begin that it was seen to ask for: `TENANT#`, or `CATALOGUE`, which is a whole key. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  /** The same for each action of `write`. */
  readonly writes: Readonly<Record<string, readonly string[]>>;
  /** Whether it sends mail. */
  readonly mail: boolean;
}

/** What is known of the table. */
export interface TableFacts {
  /** The partition key's attribute, a string. */
  readonly partitionKey: string;
  /** The sort key's attribute, a string. */
  readonly sortKey: string;
  /** The attribute after which DynamoDB forgets an item. */
  readonly timeToLive: string;
  /** The index that lists; it never authorizes. */
  readonly index: { readonly name: string; readonly partitionKey: string; readonly sortKey: string };
}

/** What a claim can be called. */
export interface ClaimRule {
  /** What it can be written with. */
  readonly letters: string;
  /** The most characters. */
  readonly longest: number;
  /** Claims of Cognito's and OpenID Connect's own. */
  readonly taken: readonly string[];
  /** How names of theirs begin. */
  readonly reservedPrefixes: readonly string[];
}

/** What `facts.json` holds, as far as the core constructs read it. */
export interface Facts {
  /** The table. */
  readonly table: TableFacts;
  /** Each trigger. */
  readonly triggers: Readonly<Record<TriggerName, TriggerFacts>>;
  /** What tokens say of a tenant. */
  readonly claims: readonly ClaimName[];
  /** What its names can be. */
  readonly claimRule: ClaimRule;
}

/** What the Rust side says. */
export const facts: Facts = written as Facts;

/** Every trigger, in the order in which a person meets them. */
export const triggerNames: readonly TriggerName[] = [
  "pre-sign-up",
  "post-confirmation",
  "pre-token-generation",
  "define-auth-challenge",
  "create-auth-challenge",
  "verify-auth-challenge",
];

/** A trigger's name as ids of constructs and outputs have it: `PreSignUp`. */
export function pascal(name: BinaryName): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
