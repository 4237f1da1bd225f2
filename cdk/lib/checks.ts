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

/** A text that is not empty; `like` is what it has to look like, and `such` an example. */
export function text(such: string, like: RegExp = /\S/): Check<string> {
  return (value, at) => (typeof value === "string" && like.test(value) ? value : wrong(at, value, such));
}

/** One of these words. */
export function oneOf<const W extends string>(...words: readonly W[]): Check<W> {
  return (value, at) => words.find((word) => word === value) ?? wrong(at, value, `one of ${words.join(", ")}`);
}

/** True or false. */
export const flag: Check<boolean> = (value, at) =>
  typeof value === "boolean" ? value : wrong(at, value, "true or false");

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

/** An object with any keys, each value checked. */
export function map<T>(item: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, at) =>
    Object.fromEntries(Object.entries(plain(value, at)).map(([key, entry]) => [key, item(entry, `${at}.${key}`)]));
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
