/**
 * A tenant as code.
 *
 * @module
 */
import type { CustomResource } from "aws-cdk-lib";
import { Construct, type IDependable } from "constructs";
import type { Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";
import type { Registrar } from "./registrar.ts";

/** The steps of a tenant's sign-in: a password, a password and a code by mail (of everybody or of these roles), or a code by mail alone. */
export type SignIn = "password" | "code" | { readonly passwordAndCode: "everybody" | readonly string[] };

/** Who joins without an invitation: everybody, people of a verified domain at once or once an admin approves, nobody. */
export type JoinMode = "open" | "automatic" | "request" | "invitation_only";

/** A tenant, of this app or of the table. */
export interface ITenant {
  /** Its id, `t_…`. */
  readonly tenantId: string;
  /** Whether somebody is asked for a code: then its app clients offer custom challenges alone. */
  readonly asksForCode: boolean;
  /** What has to be there before its app clients are. */
  readonly ready?: IDependable;
}

/** What a template says of a tenant. */
export interface TenantProps {
  /** The function that makes it. */
  readonly registrar: Registrar;
  /** Its name in links: lower-case letters, digits and hyphens. Another one renames the tenant. */
  readonly slug: string;
  /**
   * Its name for people's eyes.
   *
   * @default the slug
   */
  readonly name?: string;
  /**
   * What it pays for.
   *
   * @default standard
   */
  readonly tier?: string;
  /**
   * Who joins without an invitation.
   *
   * @default automatic
   */
  readonly join?: JoinMode;
  /**
   * What they join as, up to `member`.
   *
   * @default member
   */
  readonly defaultRoles?: readonly string[];
  /**
   * How its people sign in, when the tenant is made. Later `tenantctl tenant policy set` changes it, together with every app client; the template follows. The
   * table never becomes stricter by a template, for what a template does not know would stay open; nor looser, for it might be a rollback.
   *
   * @default password
   */
  readonly signIn?: SignIn;
  /**
   * At most this many members.
   *
   * @default what the table says; no limit for a new tenant
   */
  readonly seatLimit?: number | "none";
  /**
   * Whether pre sign-up may look an invitation up by address, as managed login needs it: it tells strangers who is invited.
   *
   * @default false
   */
  readonly invitationLookup?: boolean;
  /**
   * What becomes of the tenant when its resource leaves the template. Nothing is deleted in either case.
   *
   * @default retain: it stays as it is
   */
  readonly onDelete?: "retain" | "close";
  /**
   * Takes over a tenant of this slug that an operator or another stack made.
   *
   * @default it is refused
   */
  readonly adopt?: Reasoned;
}

/** A tenant that a stack makes and keeps in line. It outlives the stack, members and all. */
export class Tenant extends Construct implements ITenant {
  /**
   * A tenant that `tenantctl` made.
   *
   * @param tenantId its id, `t_…`
   * @param asksForCode whether it asks somebody for a code
   */
  static existing(tenantId: string, asksForCode = false): ITenant {
    return { tenantId, asksForCode };
  }

  /** Its id. */
  readonly tenantId: string;
  /** Whether somebody is asked for a code. */
  readonly asksForCode: boolean;
  /** What has to be there before its app clients are. */
  readonly ready: IDependable;
  /** The custom resource. */
  readonly resource: CustomResource;

  /**
   * Throws `TENANT_SLUG`, `TENANT_SIGN_IN` for what the table would refuse.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what is said of it
   */
  constructor(scope: Construct, id: string, props: TenantProps) {
    super(scope, id);
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(props.slug)) {
      refused(
        "TENANT_SLUG",
        `${JSON.stringify(props.slug)} is no slug. Take lower-case letters, digits and hyphens, such as acme.`,
      );
    }
    const signIn = chain(props.signIn);
    this.asksForCode = signIn !== undefined && signIn.Chain !== "password";
    this.resource = props.registrar.resource(this, "Tenant", "Tenant", {
      Slug: props.slug,
      Name: props.name,
      Tier: props.tier,
      JoinMode: props.join,
      DefaultRoles: props.defaultRoles,
      ...signIn,
      SeatLimit: props.seatLimit,
      InvitationLookup: props.invitationLookup,
      OnDelete: props.onDelete,
      Adopt: props.adopt === undefined ? undefined : true,
    });
    if (props.adopt !== undefined) this.resource.node.addMetadata("tenantry:adopt", props.adopt.reason);
    this.tenantId = this.resource.getAttString("TenantId");
    this.ready = this.resource;
  }
}

function chain(signIn: SignIn | undefined): { Chain: string; ChainOf?: readonly string[] } | undefined {
  if (signIn === undefined) return undefined;
  if (typeof signIn === "string") return { Chain: signIn };
  const of = signIn.passwordAndCode;
  if (of === "everybody") return { Chain: "password_and_code" };
  if (of.length === 0) {
    refused("TENANT_SIGN_IN", "Nobody is asked for a code. Name the roles that are, or `everybody`.");
  }
  return { Chain: "password_and_code", ChainOf: of };
}
