import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { settingNames } from "../lib/configuration.ts";
import * as constructs from "../lib/index.ts";
import { Identity } from "./readme-example.ts";
import { folder } from "./synthesized.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const root = join(import.meta.dirname, "../..");
/** What tells people to type something about a deployment. */
const documents = ["README.md", "cdk/README.md", "docs/upgrading.md", "docs/runbook.md", "docs/isolation.md"];
const typed = documents.flatMap((path) =>
  [...readFileSync(join(root, path), "utf8").matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => [path, line] as const),
);

test("the README explains every setting, and no other", () => {
  const [, table = ""] = /## Configuration([\s\S]*?)\n## /.exec(readme) ?? [];
  const explained = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(explained.sort()).toEqual([...settingNames].sort());
});

test("the README's own configuration is one", () => {
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(constructs.checked(JSON.parse(json)).stage).toBe("Production");
});

test("what people are told to copy is there, and is a configuration", () => {
  const copied = typed.flatMap(([, line]) => [...line.matchAll(/\bcp (\S+\.json) /g)].map(([, path = ""]) => path));
  expect(copied).toEqual(["tenantry.example.json"]);
  for (const path of copied) {
    expect(existsSync(join(root, "cdk", path)), path).toBe(true);
    const written = JSON.parse(readFileSync(join(root, "cdk", path), "utf8"));
    expect(constructs.checked(written)).toMatchObject({ plan: "essentials", sender: { from: expect.any(String) } });
  }
});

test("no command is told that looks at no stack: the stacks are in a stage, which needs a pattern", () => {
  const commands = typed
    .map(([path, line]) => [path, line.replace(/#.*$/, "")] as const)
    .filter(([, line]) => /\bcdk (deploy|destroy|diff|import)\b/.test(line));
  expect(commands.length).toBeGreaterThan(2);
  expect(commands.filter(([, line]) => !/'\*\*'|Tenantry\//.test(line))).toEqual([]);
  // Within sentences, too.
  const said = documents.flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/`npx cdk (?:deploy|destroy|diff)\b[^`]*`/g)].map(
      ([all]) => all,
    ),
  );
  expect(said.filter((command) => !/'\*\*'|Tenantry\//.test(command))).toEqual([]);
});

test("the README's stack is the one that is compiled here, and makes a pool", () => {
  const [, shown = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const compiled = readFileSync(join(import.meta.dirname, "readme-example.ts"), "utf8");
  expect(shown).toBe(compiled.replace("../lib/index.ts", "@tenantry/cdk"));
  const template = Template.fromStack(new Identity(new App({ outdir: folder() }), "Identity"));
  template.resourceCountIs("AWS::Cognito::UserPool", 1);
  template.resourceCountIs("AWS::Lambda::Function", 6);
});

test("every construct that the README names is exported", () => {
  const [, table = ""] = /\| construct \| is \|([\s\S]*?)\n\n/.exec(readme) ?? [];
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  expect(named.length).toBeGreaterThan(12);
  expect(named.filter((name) => !(name in constructs))).toEqual([]);
});
