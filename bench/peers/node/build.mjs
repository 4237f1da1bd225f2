// `node build.mjs FOLDER`: installs what the lock file names, compiles the runtime client, and bundles the function.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";

const here = import.meta.dirname;
const out = resolve(process.argv[2] ?? missing());
const work = join(out, "work");
const locks = ["package.json", "package-lock.json", "requirements.txt"];
const stamp = join(out, "stamp");
// What was compiled fits this Node.js alone.
const pins = [process.version, ...locks.map((name) => readFileSync(join(here, name), "utf8"))].join("\n");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== pins) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const name of locks) cpSync(join(here, name), join(work, name));
  npm("ci", "--ignore-scripts");
  // The one package whose script has to run: it compiles the client that Lambda's own runtime is made of.
  npm("rebuild", "aws-lambda-ric", "--foreground-scripts");
  writeFileSync(stamp, pins);
}
await bundle();

function missing() {
  throw new Error("Name the folder to build into: `node build.mjs FOLDER`.");
}

function npm(...words) {
  const path = [...cmake(), process.env.PATH].join(delimiter);
  run("npm", [...words, "--no-audit", "--no-fund", "--loglevel=error"], { ...process.env, PATH: path });
}

/** The folder of a cmake, where the machine has none. */
function cmake() {
  if (["cmake", "cmake3"].some(starts)) return [];
  const venv = join(out, "cmake");
  if (!existsSync(venv)) {
    run("python3", ["-m", "venv", venv]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
    run(join(venv, "bin/python"), [...pip, "--require-hashes", "-r", join(here, "requirements.txt")]);
  }
  return [join(venv, "bin")];
}

function starts(program) {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function run(program, words, env = process.env) {
  execFileSync(program, words, { cwd: work, env, stdio: ["ignore", "inherit", "inherit"] });
}

/** One file, minified. A module: as CommonJS the same code took a third more CPU time to start, and more memory. */
async function bundle() {
  cpSync(join(here, "handler.mjs"), join(work, "handler.mjs"));
  const esbuild = createRequire(join(work, "package.json"))("esbuild");
  await esbuild.build({
    absWorkingDir: work,
    entryPoints: ["handler.mjs"],
    outfile: join(out, "function/index.mjs"),
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Some of the SDK's packages are CommonJS and ask for Node.js's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}
