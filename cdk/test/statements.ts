// Every IAM statement of a template, wherever it stands.

import type { Json } from "./synthesized.ts";

/** One statement, with where it was found. */
export interface Statement {
  readonly at: string;
  readonly type: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** As text, so that `Ref` and `Fn::Join` can be looked at too. */
  readonly resources: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function each<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

/** The statements of a template's policies: anything that has a `Statement`. */
export function statements(template: Json): Statement[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) =>
    documents(resource.Properties).flatMap((document) =>
      each(document["Statement"]).map((raw) => {
        const statement = raw as Record<string, never>;
        return {
          at: id,
          type: resource.Type,
          effect: statement["Effect"] ?? "",
          actions: [
            ...each<string>(statement["Action"]),
            ...each<string>(statement["NotAction"]).map((action) => `not ${action}`),
          ],
          resources: each<unknown>(statement["Resource"]).map((one) =>
            typeof one === "string" ? one : JSON.stringify(one),
          ),
          condition: statement["Condition"] ?? {},
        };
      }),
    ),
  );
}

function documents(value: unknown): Record<string, unknown[]>[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "Statement" in value ? [value as Record<string, unknown[]>] : [];
  return [...own, ...Object.values(value).flatMap(documents)];
}
