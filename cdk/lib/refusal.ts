/**
 * How the constructs say no: one sentence that says what is wrong and what to do, with a code that does not change.
 *
 * @module
 */

/** A template that must not be made. The message begins with the code. */
export class Refused extends Error {
  /** The code, which does not change from version to version. */
  readonly code: string;

  /**
   * @param code what is wrong, in one upper-case word
   * @param sentence what is wrong and what to do
   */
  constructor(code: string, sentence: string) {
    super(`${code}: ${sentence}`);
    this.name = "Refused";
    this.code = code;
  }
}

/** Refuses, where an expression is wanted. */
export function refused(code: string, sentence: string): never {
  throw new Refused(code, sentence);
}
