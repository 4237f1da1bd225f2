/**
 * A user pool whose people belong to tenants.
 *
 * @module
 */
import { Annotations, Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import * as cognito from "aws-cdk-lib/aws-cognito";
import { Construct } from "constructs";
import type { TriggerName } from "../facts.ts";
import { explain, type Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";
import type { TenantTriggers, TokenVersion } from "./tenant-triggers.ts";
import type { TriggerFunction } from "./trigger-function.ts";

/** What AWS charges for, and what it lets a pool do. */
export type Plan = "lite" | "essentials" | "plus";

/** Whether Cognito looks for stolen passwords and odd sign-ins: notes them, or acts. */
export type ThreatProtection = "audit" | "enforce";

/** Cognito's own second factor, an authenticator app, for the whole pool. A tenant's code by mail is another matter: it is the tenant's policy. */
export type Mfa = "off" | "optional" | "required";

/** What can be said of the pool. What {@link TenantUserPool} rests on is not among it. */
export interface TenantUserPoolProps
  extends Pick<
    cognito.UserPoolProps,
    "userPoolName" | "customAttributes" | "standardAttributes" | "email" | "userInvitation" | "customSenderKmsKey"
  > {
  /** The functions; one set can serve several pools. */
  readonly triggers: TenantTriggers;
  /**
   * The feature plan. Lite has no access-token claims and no threat protection.
   *
   * @default essentials
   */
  readonly plan?: Plan;
  /**
   * Which event pre token generation gets. Below V3 the tokens of machines (client credentials) fire no trigger, so that nobody asks whose they are.
   *
   * @default V3; V1 with the plan lite, which has no other
   */
  readonly tokenVersion?: TokenVersion;
  /**
   * Threat protection, for passwords and custom challenges alike. It needs the plan plus.
   *
   * @default none
   */
  readonly threatProtection?: ThreatProtection;
  /**
   * Cognito's own second factor. `required` beside a tenant that asks for codes makes people answer two; `tenantctl doctor` calls it a problem.
   *
   * @default off
   */
  readonly mfa?: Mfa;
  /**
   * What passwords have to be, where ours do not suit. What is looser than they are takes a `reason`.
   *
   * @default 12 characters, of all four kinds; temporary ones for three days
   */
  readonly passwordPolicy?: cognito.PasswordPolicy & Partial<Reasoned>;
  /**
   * Whether people may sign up. Whether this person may, at this tenant, pre sign-up decides.
   *
   * @default true
   */
  readonly selfSignUp?: boolean;
  /**
   * The pool goes with its stack and is not protected against deletion: for trials alone.
   *
   * @default kept and protected
   */
  readonly disposable?: Reasoned;
}

const PLANS: Record<Plan, cognito.FeaturePlan> = {
  lite: cognito.FeaturePlan.LITE,
  essentials: cognito.FeaturePlan.ESSENTIALS,
  plus: cognito.FeaturePlan.PLUS,
};

const MFA: Record<Mfa, cognito.Mfa> = {
  off: cognito.Mfa.OFF,
  optional: cognito.Mfa.OPTIONAL,
  required: cognito.Mfa.REQUIRED,
};

const PASSWORDS = {
  minLength: 12,
  requireLowercase: true,
  requireUppercase: true,
  requireDigits: true,
  requireSymbols: true,
  tempPasswordValidity: Duration.days(3),
} as const satisfies cognito.PasswordPolicy;

function checkPasswords(policy: cognito.PasswordPolicy, reason: string | undefined): void {
  const { minLength, tempPasswordValidity, ...kinds } = { ...PASSWORDS, ...policy };
  const looser =
    minLength < PASSWORDS.minLength ||
    tempPasswordValidity.toSeconds() > PASSWORDS.tempPasswordValidity.toSeconds() ||
    Object.entries(kinds).some(([kind, asked]) => kind.startsWith("require") && !asked);
  if (looser && !reason) {
    refused(
      "PASSWORD_POLICY",
      "These passwords would be weaker than ours. Leave `passwordPolicy` out, or say why in its `reason`.",
    );
  }
}

/**
 * A user pool with the six triggers. Fixed, since promises rest on it: an e-mail address in any spelling is the user name; it is verified by a code, never a
 * link; a changed address is verified before it takes the old one's place; passwords are recovered by mail alone; no device is remembered.
 */
export class TenantUserPool extends Construct {
  /** The pool. */
  readonly userPool: cognito.UserPool;
  /** Its triggers. */
  readonly triggers: Readonly<Record<TriggerName, TriggerFunction>>;
  /** Which event pre token generation gets. */
  readonly tokenVersion: TokenVersion;

  /**
   * Throws `PLAN_TOKEN_VERSION` for V2 or V3 with the plan lite, `PLAN_THREAT_PROTECTION` for threat protection without the plan plus,
   * `PASSWORD_POLICY` for looser passwords without a reason.
   *
   * @param scope where it belongs
   * @param id its name there; renaming it makes another, empty pool
   * @param props what can be said of it
   */
  constructor(scope: Construct, id: string, props: TenantUserPoolProps) {
    super(scope, id);
    const {
      triggers,
      plan = "essentials",
      tokenVersion,
      threatProtection,
      mfa = "off",
      selfSignUp,
      disposable,
      passwordPolicy: { reason, ...passwords } = {},
      ...more
    } = props;
    checkPasswords(passwords, reason);
    this.tokenVersion = checkPlan(plan, tokenVersion, threatProtection);
    this.userPool = new cognito.UserPool(this, "Pool", {
      ...more,
      passwordPolicy: { ...PASSWORDS, ...passwords },
      signInAliases: { email: true },
      signInCaseSensitive: false,
      selfSignUpEnabled: selfSignUp ?? true,
      autoVerify: { email: true },
      userVerification: { emailStyle: cognito.VerificationEmailStyle.CODE },
      keepOriginal: { email: true },
      // Managed login runs no chain on a device that it remembers.
      deviceTracking: undefined,
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      featurePlan: PLANS[plan],
      mfa: MFA[mfa],
      ...(mfa !== "off" && { mfaSecondFactor: { otp: true, sms: false } }),
      ...(threatProtection !== undefined && protection(threatProtection)),
      deletionProtection: disposable === undefined,
      removalPolicy: disposable === undefined ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.triggers = triggers.functions;
    triggers.attachTo(this.userPool, this.tokenVersion);
    if (disposable !== undefined) explain(this.userPool, "disposable", disposable);
    if (reason !== undefined) explain(this.userPool, "passwordPolicy", { reason });
    if (plan !== "plus") {
      Validations.of(this.userPool).acknowledge({
        id: "AwsSolutions::AwsSolutions-COG8",
        reason:
          "The plan is the operator's choice: plus costs more for every person who signs in, and no promise of the triggers rests on it.",
      });
    }
    if (mfa !== "required") {
      Validations.of(this.userPool).acknowledge({
        id: "AwsSolutions::AwsSolutions-COG2",
        reason:
          "A second factor is each tenant's own policy here (a code by mail, or its identity provider's); one of the whole pool's would come on top of it.",
      });
    }
    if (mfa === "required") {
      Annotations.of(this).addWarningV2(
        "tenantry:MfaRequired",
        "A second factor is required of everybody: people of tenants that ask for a code by mail answer two. `mfa: optional` leaves it to them.",
      );
    }
  }
}

/**
 * Which event pre token generation gets in a pool of this plan; or why these do not go together.
 *
 * Throws `PLAN_TOKEN_VERSION`, `PLAN_THREAT_PROTECTION`.
 */
export function checkPlan(
  plan: Plan,
  version: TokenVersion | undefined,
  protection: ThreatProtection | undefined,
): TokenVersion {
  if (plan === "lite" && version !== undefined && version !== "V1") {
    refused(
      "PLAN_TOKEN_VERSION",
      `The plan lite knows token version V1 alone, not ${version}. Choose V1, or the plan essentials.`,
    );
  }
  if (plan !== "plus" && protection !== undefined) {
    refused(
      "PLAN_THREAT_PROTECTION",
      `Threat protection needs the plan plus, not ${plan}. Choose plus, or leave threat protection out.`,
    );
  }
  return version ?? (plan === "lite" ? "V1" : "V3");
}

function protection(mode: ThreatProtection) {
  return mode === "enforce"
    ? {
        standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
        customThreatProtectionMode: cognito.CustomThreatProtectionMode.FULL_FUNCTION,
      }
    : {
        standardThreatProtectionMode: cognito.StandardThreatProtectionMode.AUDIT_ONLY,
        customThreatProtectionMode: cognito.CustomThreatProtectionMode.AUDIT_ONLY,
      };
}

/** The standard attributes that people may write; `custom:` ones, `email_verified` and `phone_number_verified` are never among them. */
const WRITABLE = {
  address: true,
  birthdate: true,
  email: true,
  familyName: true,
  fullname: true,
  gender: true,
  givenName: true,
  lastUpdateTime: true,
  locale: true,
  middleName: true,
  nickname: true,
  phoneNumber: true,
  preferredUsername: true,
  profilePage: true,
  profilePicture: true,
  timezone: true,
  website: true,
} as const satisfies cognito.StandardAttributesMask;

/**
 * What an app client lets people write: the standard attributes. A client without such a list lets them write every attribute, custom ones too, and so
 * what an attribute says of a tenant would be theirs to choose.
 */
export function writeAttributes(): cognito.ClientAttributes {
  return new cognito.ClientAttributes().withStandardAttributes(WRITABLE);
}
