// Templates to look at: one deployment with nothing said, one with everything, one for pools that were there before.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import type { Configuration } from "../lib/configuration.ts";
import { triggerNames } from "../lib/facts.ts";
import { TenantryStage } from "../lib/tenantry-stage.ts";

/** The first bytes of a Linux program: enough to tell the processor, and the same in every run. */
export function elf(machine: "arm64" | "x86_64", tail = ""): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF", 0, "latin1");
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(machine === "arm64" ? 0xb7 : 0x3e, 18);
  return Buffer.concat([header, Buffer.from(tail)]);
}

const folders: string[] = [];
process.on("exit", () => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** A folder of its own, removed when the process ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tenantry-cdk-"));
  folders.push(path);
  return path;
}

/** A folder with a binary for every function, as `cargo lambda build` leaves it. */
export function built(machine: "arm64" | "x86_64" = "arm64"): string {
  const path = folder();
  for (const name of [...triggerNames, "registrar"]) {
    mkdirSync(join(path, name));
    writeFileSync(join(path, name, "bootstrap"), elf(machine, name));
  }
  return path;
}

/** The configurations whose templates are looked at. */
export const deployments: Readonly<Record<string, Configuration>> = {
  plain: { functions: built(), sender: { from: "Acme <no-reply@acme.example>" } },
  everything: {
    stage: "Production",
    account: "111122223333",
    region: "eu-west-1",
    prefix: "acme-identity",
    tableName: "acme-identity",
    functions: built("x86_64"),
    architecture: "x86_64",
    memorySize: 512,
    sender: { from: "Acme <no-reply@acme.example>", identity: "no-reply@acme.example", configurationSet: "codes" },
    codeMinutes: 10,
    codeKey: {
      version: "11111111-aaaa-4aaa-8aaa-111111111111",
      previousVersion: "22222222-bbbb-4bbb-8bbb-222222222222",
    },
    claims: {
      tenant_id: ["tenant_id", "custom:tenantId"],
      roles: { name: "userRole", shape: "spaced" },
      member_id: null,
    },
    logLevel: "warn",
    logRetentionDays: 30,
    tracing: "the first weeks in production",
    adoptedPools: ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01"],
    plan: "plus",
    threatProtection: "enforce",
    mfa: "optional",
    poolSender: { from: "Acme <accounts@acme.example>" },
    customerKey: "create",
    alarmTopics: ["arn:aws:sns:eu-west-1:111122223333:alarms"],
    isolation: {
      clients: ["1example1client1of1acme11"],
      tables: [{ name: "orders", write: true }],
      buckets: [{ name: "documents.example" }],
    },
    tags: { "tenantry:owner": "identity" },
  },
  adopting: {
    stage: "Adopting",
    functions: built(),
    sender: { from: "no-reply@acme.example" },
    createPool: false,
    adoptedPools: ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Example01"],
  },
  trial: {
    stage: "Trial",
    functions: built(),
    sender: { from: "no-reply@acme.example" },
    disposable: "a trial",
    plan: "lite",
  },
};

/** An app as `cdk` runs it, with its flags. */
export function app(): App {
  const { context } = JSON.parse(readFileSync(join(import.meta.dirname, "../cdk.json"), "utf8"));
  return new App({ outdir: folder(), context });
}

/** A template as CloudFormation gets it. */
export interface Json {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

/** One resource of a template. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has properties of its own
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The templates of a configuration, by their stacks' names without the stage's. */
export function templates(configuration: Configuration): Readonly<Record<string, Json>> {
  const stage = new TenantryStage(app(), configuration);
  const stacks = stage.node.children.filter((child) => child instanceof Stack);
  return Object.fromEntries(stacks.map((stack) => [stack.node.id, Template.fromStack(stack).toJSON() as Json]));
}

/** Every template of every deployment, by `<deployment>/<stack>`. */
export function everyTemplate(): readonly (readonly [string, Json])[] {
  return Object.entries(deployments).flatMap(([name, configuration]) =>
    Object.entries(templates(configuration)).map(([stack, template]) => [`${name}/${stack}`, template] as const),
  );
}

/** The resources of one type. */
export function ofType(template: Json, type: string): (readonly [string, Resource])[] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}
