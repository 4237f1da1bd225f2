/**
 * What a configuration's values have to be, said once and checked with the place in the error.
 *
 * @module
 */
import { refused } from "./refusal.ts";

/** Takes a value as it was read, and gives it back typed; or refuses, naming the place. */
export type Check<T> = (value: unknown, at: string) => T;

/** What an object with these checks is: the keys in `R` are there, the others may be left out. */
export type Checked<S extends Record<string, Check<unknown>>, R extends keyof S> = {
  readonly [K in Exclude<keyof S, R>]?: ReturnType<S[K]>;
} & { readonly [K in R]: ReturnType<S[K]> };

function wrong(at: string, value: unknown, put: string): never {
  return refused("CONFIGURATION_TYPE", `\`${at}\` is ${JSON.stringify(value)}. Put ${put} there.`);
}

/** What no text holds: a line's end would begin another header of a mail, and CloudFormation would look the reference up. */
const NEVER = /\p{Cc}|\{\{resolve:/u;

/** A text that is not empty, on one line; `like` is what it has to look like, and `such` an example. */
export function text(such: string, like: RegExp = /\S/): Check<string> {
  return (value, at) => {
    if (typeof value !== "string" || !like.test(value)) return wrong(at, value, such);
    return NEVER.test(value) ? wrong(at, value, `${such}, without line ends and references,`) : value;
  };
}

/** One of these words. */
export function oneOf<const W extends string>(...words: readonly W[]): Check<W> {
  return (value, at) => words.find((word) => word === value) ?? wrong(at, value, `one of ${words.join(", ")}`);
}

/** True or false. */
export const flag: Check<boolean> = (value, at) =>
  typeof value === "boolean" ? value : wrong(at, value, "true or false");

/** Where true or false stands for the object that it abbreviates. */
export function flagOr<T>(other: Check<T>): Check<boolean | T> {
  return (value, at) => (typeof value === "object" ? other(value, at) : flag(value, at));
}

/** A whole number within these bounds. */
export function whole(least: number, most: number): Check<number> {
  return (value, at) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? Number(value)
      : wrong(at, value, `a whole number from ${least} to ${most}`);
}

/** A list, each entry checked. */
export function list<T>(item: Check<T>): Check<readonly T[]> {
  return (value, at) =>
    Array.isArray(value) ? value.map((entry, index) => item(entry, `${at}[${index}]`)) : wrong(at, value, "a list");
}

/** A list without two entries for the same thing. */
export function distinct<T>(item: Check<T>, of: (entry: T) => string = String): Check<readonly T[]> {
  return (value, at) => {
    const found = list(item)(value, at);
    const twice = found.findIndex((entry, index) => found.findIndex((other) => of(other) === of(entry)) < index);
    return twice === -1 ? found : wrong(`${at}[${twice}]`, found[twice], "something that is not in the list yet");
  };
}

/** An object with any keys, each value checked, and each key if there is a check for it. */
export function map<T>(item: Check<T>, key: Check<string> = text("a name")): Check<Readonly<Record<string, T>>> {
  return (value, at) => {
    const entries = Object.entries(plain(value, at));
    return Object.fromEntries(
      entries.map(([name, entry]) => [key(name, `${at}: a key`), item(entry, `${at}.${name}`)]),
    );
  };
}

/** An object that has these keys and no others. */
export function object<S extends Record<string, Check<unknown>>, R extends keyof S = never>(
  checks: S,
  required: readonly R[] = [],
): Check<Checked<S, R>> {
  return (value, at) => {
    const given = plain(value, at);
    const place = (key: string) => (at === "" ? key : `${at}.${key}`);
    for (const key of required) {
      if (given[String(key)] === undefined) {
        refused("CONFIGURATION_MISSING", `\`${place(String(key))}\` is missing. Put it there, or leave \`${at}\` out.`);
      }
    }
    const checked = Object.entries(given).map(([key, entry]) => {
      const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
      if (check === undefined) {
        refused(
          "CONFIGURATION_UNKNOWN",
          `There is no setting \`${place(key)}\`. Known are ${Object.keys(checks).join(", ")}.`,
        );
      }
      return [key, check(entry, place(key))];
    });
    return Object.fromEntries(checked) as Checked<S, R>;
  };
}

function plain(value: unknown, at: string): Record<string, unknown> {
  const isPlain = typeof value === "object" && value !== null && !Array.isArray(value);
  return isPlain ? (value as Record<string, unknown>) : wrong(at === "" ? "the configuration" : at, value, "an object");
}

/** Where a text stands for the object that it abbreviates. */
export function textOr<T>(such: string, other: Check<T>): Check<string | T> {
  return (value, at) => (typeof value === "string" ? text(such)(value, at) : other(value, at));
}
