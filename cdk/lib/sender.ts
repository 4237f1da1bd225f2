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
   * The identity that SES has verified: the address's domain, one above it, or the address itself. The function may send for this one alone.
   *
   * @default the address's domain
   */
  readonly identity?: string;
  /**
   * An SES configuration set. It must record neither clicks nor content: the body holds the code. An identity that has a *default* configuration set needs that
   * one named here, or SES denies every mail: sending by a set has to be allowed, too.
   *
   * @default none
   */
  readonly configurationSet?: string;
}

/** No wildcard of IAM's and no variable: the address, or its domain, stands in a policy. */
const ADDRESS = /^[A-Za-z0-9.!#%&'+/=^_`|~-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}$/;

/**
 * The address in a `From`.
 *
 * Throws `SENDER_UNUSABLE` if there is none, or if the text is more than one line or holds a reference that CloudFormation would look up.
 */
export function addressOf(from: string): string {
  const address = /^(?:[^<>]*<([^<>\s]+)>|([^<>\s]+))$/.exec(from.trim());
  const found = address?.[1] ?? address?.[2] ?? "";
  return ADDRESS.test(found) && !/\p{Cc}|\{\{resolve:/u.test(from)
    ? found
    : refused(
        "SENDER_UNUSABLE",
        `${JSON.stringify(from)} is no sender. Put an address there that SES has verified, such as "Acme <no-reply@acme.example>".`,
      );
}

/**
 * The identity that SES checks: what was named, else the address's domain.
 *
 * Throws `SENDER_IDENTITY` for one that cannot speak for the address.
 */
export function identityOf(sender: Sender): string {
  const address = addressOf(sender.from);
  const domain = address.replace(/^.*@/, "");
  const { identity = domain } = sender;
  const named = identity.toLowerCase();
  const speaks =
    named === address.toLowerCase() || (named.includes(".") && `.${domain.toLowerCase()}`.endsWith(`.${named}`));
  return speaks
    ? identity
    : refused(
        "SENDER_IDENTITY",
        `${JSON.stringify(identity)} is no identity that SES could have verified for ${address}. Put ${domain}, a domain above it, or the address itself there.`,
      );
}

/**
 * The configuration set, if there is one.
 *
 * Throws `SENDER_CONFIGURATION_SET` for what SES takes for no name.
 */
export function configurationSetOf({ configurationSet }: Sender): string | undefined {
  return configurationSet === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(configurationSet)
    ? configurationSet
    : refused(
        "SENDER_CONFIGURATION_SET",
        `${JSON.stringify(configurationSet)} is no configuration set's name. Put one there, of up to 64 letters, digits, hyphens and underscores.`,
      );
}
