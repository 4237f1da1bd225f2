/**
 * Who the mails with codes come from.
 *
 * @module
 */
import { refused } from "./refusal.ts";

/** A sender that Amazon SES has verified, in the functions' Region. */
export interface Sender {
  /** The `From` of the mails: `no-reply@acme.example` or `Acme <no-reply@acme.example>`. */
  readonly from: string;
  /**
   * The identity that SES has verified: the address's domain or the address itself. The function may send for this one alone.
   *
   * @default the address's domain
   */
  readonly identity?: string;
  /**
   * An SES configuration set. It must record neither clicks nor content: the body holds the code.
   *
   * @default none
   */
  readonly configurationSet?: string;
}

/**
 * The address in a `From`.
 *
 * Throws `SENDER_UNUSABLE` if there is none.
 */
export function addressOf(from: string): string {
  const address = /^(?:[^<>]*<([^<>\s]+)>|([^<>\s]+))$/.exec(from.trim());
  const found = address?.[1] ?? address?.[2] ?? "";
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(found)
    ? found
    : refused(
        "SENDER_UNUSABLE",
        `${JSON.stringify(from)} is no sender. Put an address there that SES has verified, such as "Acme <no-reply@acme.example>".`,
      );
}

/** The identity that SES checks: what was named, else the address's domain. */
export function identityOf(sender: Sender): string {
  return sender.identity ?? addressOf(sender.from).replace(/^.*@/, "");
}
