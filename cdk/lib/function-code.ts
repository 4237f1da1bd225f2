/**
 * Where the functions' code comes from: built once with `cargo lambda build`, or downloaded from a release. Synthesis needs no Rust.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { elfArchitecture } from "./elf.ts";
import type { BinaryName } from "./facts.ts";
import { refused } from "./refusal.ts";
import { unzip } from "./zip.ts";

/** A function's package: what lies beside its `bootstrap`, by path. */
type Package = ReadonlyMap<string, Buffer>;

/** The file that `provided.al2023` starts. */
const BOOTSTRAP = "bootstrap";

/**
 * The code of all functions. What a folder may hold for each of them, first found:
 *
 * - `NAME/bootstrap`, as `cargo lambda build --release --arm64` lays it out in `target/lambda`; whatever else is in that folder goes along
 *   (templates of mails, for instance);
 * - `NAME/bootstrap.zip` or `NAME.zip`, as `--output-format zip` and the releases have it;
 * - `NAME`, a plain binary.
 *
 * The asset's hash is one of the content alone: neither times nor owners nor the way it was packed change it, so that the same binaries never cause a
 * deployment.
 */
export class FunctionCode {
  /**
   * Takes the binaries from a folder. Which of them are there is looked up when a function asks for its own.
   *
   * @param path the folder, absolute or relative to the working directory
   */
  static folder(path: string): FunctionCode {
    return new FunctionCode(path);
  }

  /** Nothing was built: templates can be made and looked at; what they describe refuses to be deployed. */
  static absent(): FunctionCode {
    return new FunctionCode(undefined);
  }

  readonly #folder: string | undefined;
  readonly #packages = new Map<string, Package | undefined>();

  private constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Whether a function's code is there. */
  has(name: BinaryName): boolean {
    return this.#package(name) !== undefined;
  }

  /**
   * The processor that a function's binary was built for, by its ELF header; `undefined` where there is none.
   *
   * Throws `CODE_NOT_ELF` if `bootstrap` is no Linux program for a processor that Lambda has.
   */
  architectureOf(name: BinaryName): lambda.Architecture | undefined {
    const found = this.#package(name)?.get(BOOTSTRAP);
    if (found === undefined) return undefined;
    return (
      elfArchitecture(found) ??
      refused(
        "CODE_NOT_ELF",
        `The binary of ${name} in ${this.#folder} is no Linux program for arm64 or x86_64. Build it with \`cargo lambda build --release --arm64\`.`,
      )
    );
  }

  /** A function's code as an asset; where there is none, one that says so should it ever run. */
  of(name: BinaryName): lambda.Code {
    const content = this.#package(name) ?? placeholder(name);
    return lambda.Code.fromAsset(import.meta.dirname, {
      assetHashType: AssetHashType.CUSTOM,
      assetHash: hash(content),
      bundling: {
        // Never run, nor looked for: the local bundler below always does it.
        image: DockerImage.fromRegistry("none"),
        local: {
          tryBundle: (output) => {
            write(content, output);
            return true;
          },
        },
      },
    });
  }

  #package(name: BinaryName): Package | undefined {
    if (!this.#packages.has(name)) {
      this.#packages.set(name, this.#folder === undefined ? undefined : read(this.#folder, name));
    }
    return this.#packages.get(name);
  }
}

function read(folder: string, name: BinaryName): Package | undefined {
  const own = join(folder, name);
  if (isFile(join(own, BOOTSTRAP))) return files(own);
  for (const zip of [join(own, "bootstrap.zip"), `${own}.zip`]) {
    if (!isFile(zip)) continue;
    const found = unzip(readFileSync(zip));
    if (found?.has(BOOTSTRAP)) return found;
    refused(
      "CODE_NOT_ZIP",
      `${zip} is no zip file with a \`bootstrap\` in it. Take the one that the release has, or build it anew.`,
    );
  }
  return isFile(own) ? new Map([[BOOTSTRAP, readFileSync(own)]]) : undefined;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function files(folder: string): Package {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => isFile(join(folder, path)));
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

function write(content: Package, output: string): void {
  for (const [path, bytes] of content) {
    const file = join(output, path);
    mkdirSync(dirname(file), { recursive: true });
    // Artifacts that went through a build server have often lost their executable bit.
    writeFileSync(file, bytes, { mode: path === BOOTSTRAP ? 0o755 : 0o644 });
  }
}

function hash(content: Package): string {
  const digest = createHash("sha256");
  for (const path of [...content.keys()].sort()) {
    const bytes = content.get(path) ?? Buffer.alloc(0);
    digest.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return digest.digest("hex");
}

function placeholder(name: BinaryName): Package {
  const script = `#!/bin/sh\necho "${name} was deployed without its code: build the functions and deploy again." >&2\nexit 1\n`;
  return new Map([[BOOTSTRAP, Buffer.from(script)]]);
}
