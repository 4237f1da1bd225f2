// The talk between a judge and the test that started it: one JSON value a line. The judge asks for what its person would find in a
// mailbox or an operator would do, and tells what it saw; the test answers, and compares with ../expectations.json.

import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

/** Loads a package from the folder that `cargo xtask tools` filled; it is the judge's only argument. */
export const load = createRequire(path.join(path.resolve(process.argv[2]), "package.json"));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Asks the test; `ask("code", address)` is the code of the last mail, for example. */
export async function ask(what, of = null) {
  tell({ ask: what, of });
  const { value, done } = await lines.next();
  if (done) throw new Error(`nobody answered: ${what} ${of}`);
  return JSON.parse(value);
}

/** Tells what was seen of an expectation; a refusal that was thrown counts as seen. */
export async function saw(expectation, act) {
  let seen;
  try {
    seen = await act();
  } catch (error) {
    seen = words(error);
  }
  tell({ saw: expectation, seen });
  return seen;
}

/** An error as its exception and its sentence. */
export function words(error) {
  return `${error.name ?? error.code}: ${error.message}`;
}

/** Runs a judge to its end; whatever it did not expect ends it with an exit code. */
export async function judge(story) {
  try {
    await story(await ask("pool"));
    tell({ done: true });
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    // A library may keep a timer or a socket; the story is over.
    process.exit();
  }
}
