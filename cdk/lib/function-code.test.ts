import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { expect, test } from "vitest";
import { elf, folder } from "../test/synthesized.ts";
import { FunctionCode } from "./function-code.ts";

const binary = elf("arm64", "pre-sign-up");

/** A folder as `cargo lambda build` leaves it. */
function laidOut(): string {
  const path = folder();
  mkdirSync(join(path, "pre-sign-up"));
  writeFileSync(join(path, "pre-sign-up", "bootstrap"), binary);
  return path;
}

/** The same, packed by somebody else's zip. */
function zipped(name: string): string {
  const path = folder();
  mkdirSync(join(path, "pre-sign-up"));
  execFileSync("python3", ["-m", "zipfile", "-c", join(path, name), join(laidOut(), "pre-sign-up", "bootstrap")]);
  return path;
}

/** Where the asset of a function's code was put, relative to the assembly. */
function asset(code: FunctionCode): { readonly hash: string; readonly folder: string } {
  const app = new App({ outdir: folder() });
  new lambda.Function(new Stack(app, "Stack"), "Function", {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: "bootstrap",
    code: code.of("pre-sign-up"),
  });
  const assembly = app.synth();
  const found = readdirSync(assembly.directory).find((name) => name.startsWith("asset.")) ?? "";
  return { hash: found, folder: join(assembly.directory, found) };
}

test("takes a binary from where cargo-lambda leaves it, from either zip, and from a plain file", () => {
  const plain = folder();
  writeFileSync(join(plain, "pre-sign-up"), binary);
  const folders = [laidOut(), zipped("pre-sign-up.zip"), zipped("pre-sign-up/bootstrap.zip"), plain];
  const assets = folders.map((path) => asset(FunctionCode.folder(path)));
  for (const made of assets) {
    expect(readdirSync(made.folder)).toEqual(["bootstrap"]);
    expect(readFileSync(join(made.folder, "bootstrap"))).toEqual(binary);
  }
  // However it was packed, it is the same asset.
  expect(new Set(assets.map(({ hash }) => hash)).size).toBe(1);
});

test("makes the binary executable, which it may have ceased to be on its way", () => {
  const path = laidOut();
  chmodSync(join(path, "pre-sign-up", "bootstrap"), 0o600);
  expect(statSync(join(asset(FunctionCode.folder(path)).folder, "bootstrap")).mode & 0o777).toBe(0o755);
});

test("names an asset by its content alone", () => {
  const [first, touched, changed, more] = [laidOut(), laidOut(), laidOut(), laidOut()];
  utimesSync(join(touched, "pre-sign-up", "bootstrap"), 1, 1);
  writeFileSync(join(changed, "pre-sign-up", "bootstrap"), elf("arm64", "another"));
  mkdirSync(join(more, "pre-sign-up", "templates"));
  writeFileSync(join(more, "pre-sign-up", "templates", "subject.txt"), "Your code");
  const hash = (path: string) => asset(FunctionCode.folder(path)).hash;
  expect(hash(touched)).toBe(hash(first));
  expect(hash(changed)).not.toBe(hash(first));
  expect(hash(more)).not.toBe(hash(first));
});

test("takes along what lies beside the binary", () => {
  const path = laidOut();
  mkdirSync(join(path, "pre-sign-up", "templates"));
  writeFileSync(join(path, "pre-sign-up", "templates", "subject.txt"), "Your code");
  expect(readFileSync(join(asset(FunctionCode.folder(path)).folder, "templates/subject.txt"), "utf8")).toBe(
    "Your code",
  );
});

test("reads the processor from the binary, packed or not", () => {
  expect(FunctionCode.folder(laidOut()).architectureOf("pre-sign-up")?.name).toBe("arm64");
  expect(FunctionCode.folder(zipped("pre-sign-up.zip")).architectureOf("pre-sign-up")?.name).toBe("arm64");
  const path = folder();
  writeFileSync(join(path, "pre-sign-up"), elf("x86_64"));
  expect(FunctionCode.folder(path).architectureOf("pre-sign-up")?.name).toBe("x86_64");
});

test("refuses a binary that is no Linux program", () => {
  for (const content of ["#!/bin/sh\necho hello\n", "\x7fELF", "MZ", elf("arm64").subarray(0, 19)]) {
    const path = folder();
    writeFileSync(join(path, "pre-sign-up"), content);
    expect(() => FunctionCode.folder(path).architectureOf("pre-sign-up")).toThrow(/^CODE_NOT_ELF: /);
  }
});

test("refuses a zip that is none, is cut off, or has no bootstrap", () => {
  const whole = readFileSync(join(zipped("pre-sign-up.zip"), "pre-sign-up.zip"));
  const other = folder();
  writeFileSync(join(other, "readme"), "no binary");
  execFileSync("python3", ["-m", "zipfile", "-c", join(other, "other.zip"), join(other, "readme")]);
  const tampered = Buffer.from(whole);
  tampered.writeUInt32LE(0xffffff, whole.length - 22 + 16);
  for (const content of [
    Buffer.from("not a zip"),
    Buffer.alloc(0),
    whole.subarray(30),
    tampered,
    readFileSync(join(other, "other.zip")),
  ]) {
    const path = folder();
    writeFileSync(join(path, "pre-sign-up.zip"), content);
    expect(() => FunctionCode.folder(path).has("pre-sign-up")).toThrow(/^CODE_NOT_ZIP: /);
  }
});

test("writes nothing outside the package, whatever a zip names its files", () => {
  const path = folder();
  const script =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], 'w'); z.writestr('bootstrap', b'x'); z.writestr('../outside', b'x')";
  execFileSync("python3", ["-c", script, join(path, "pre-sign-up.zip")]);
  expect(() => FunctionCode.folder(path).has("pre-sign-up")).toThrow(/^CODE_NOT_ZIP: /);
});

test("stands in for what was not built, with a program that says so", () => {
  for (const code of [FunctionCode.absent(), FunctionCode.folder(folder()), FunctionCode.folder("/nowhere")]) {
    expect(code.has("pre-sign-up")).toBe(false);
    expect(code.architectureOf("pre-sign-up")).toBeUndefined();
  }
  const script = join(asset(FunctionCode.absent()).folder, "bootstrap");
  expect(() => execFileSync(script, { stdio: "pipe" })).toThrow(/was deployed without its code/);
});

test("the release's layout of all functions in one folder keeps them apart", () => {
  const path = laidOut();
  cpSync(join(path, "pre-sign-up"), join(path, "post-confirmation"), { recursive: true });
  const code = FunctionCode.folder(path);
  expect([code.has("pre-sign-up"), code.has("post-confirmation"), code.has("registrar")]).toEqual([true, true, false]);
});
