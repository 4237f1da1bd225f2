import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const lib = join(import.meta.dirname, "../lib");
const index = readFileSync(join(lib, "index.ts"), "utf8");
const sources = [...index.matchAll(/from "\.\/(.*)";/g)].map(([, path = ""]) => path);

test("every property of every exported interface has its sentence", () => {
  let looked = 0;
  const bare = sources.flatMap((path) => {
    const text = readFileSync(join(lib, path), "utf8");
    return [...text.matchAll(/^export interface (\w+)[\s\S]*?^\}/gm)].flatMap(([whole, name]) => {
      const lines = whole.split("\n");
      return lines.flatMap((line, at) => {
        const property = /^ {2}readonly (\w+)/.exec(line)?.[1];
        if (property === undefined) return [];
        looked += 1;
        return lines[at - 1]?.trimEnd().endsWith("*/") ? [] : [`${path}: ${name}.${property}`];
      });
    });
  });
  expect(looked).toBeGreaterThan(100);
  expect(bare).toEqual([]);
});
