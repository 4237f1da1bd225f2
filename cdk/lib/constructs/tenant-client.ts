/**
 * An app client of a tenant, as code.
 *
 * @module
 */
import { type CustomResource, Duration } from "aws-cdk-lib";
import * as cognito from "aws-cdk-lib/aws-cognito";
import { Construct } from "constructs";
import type { Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";
import type { IdentityProviderBinding } from "./identity-provider-binding.ts";
import type { Registrar } from "./registrar.ts";
import type { ITenant } from "./tenant.ts";
import { writeAttributes } from "./tenant-user-pool.ts";

/** Managed login at a client. */
export interface ManagedLogin {
  /** Where it sends people afterwards. */
  readonly callbackUrls: readonly string[];
  /**
   * Where it sends people who signed out.
   *
   * @default nowhere
   */
  readonly logoutUrls?: readonly string[];
  /**
   * OAuth scopes.
   *
   * @default openid
   */
  readonly scopes?: readonly cognito.OAuthScope[];
}

/** A machine of a tenant: client credentials, which need token version V3. */
export interface Machine {
  /** Scopes of a resource server. */
  readonly scopes: readonly cognito.OAuthScope[];
  /**
   * What it may do.
   *
   * @default member
   */
  readonly roles?: readonly string[];
  /**
   * Binds it for a tenant that another stack's resource holds: the machine speaks for that tenant.
   *
   * @default it is refused
   */
  readonly ofAnotherStack?: Reasoned;
}

/** What is said of a client. */
export interface TenantClientProps {
  /** The function that binds it. */
  readonly registrar: Registrar;
  /** The pool that it is made in. */
  readonly userPool: cognito.IUserPool;
  /** Whose people, or whose machine, it is for; `everybody`: of every tenant. */
  readonly tenant: ITenant | "everybody";
  /**
   * Its name in the pool.
   *
   * @default CloudFormation's
   */
  readonly clientName?: string;
  /**
   * Managed login. Where a tenant asks for codes there is none: it runs no custom challenge.
   *
   * @default none: people sign in by the API
   */
  readonly managedLogin?: ManagedLogin;
  /**
   * Providers that it offers, besides or instead of the pool's own users. They come by managed login.
   *
   * @default none
   */
  readonly identityProviders?: readonly IdentityProviderBinding[];
  /**
   * Whether people come by these providers alone. `tenantctl tenant policy set TENANT --sso-required true` then makes the tenant require it.
   *
   * @default false
   */
  readonly singleSignOnOnly?: boolean;
  /**
   * It is a machine's.
   *
   * @default it is for people
   */
  readonly machine?: Machine;
  /**
   * With a secret, for apps that have a server. A machine always has one.
   *
   * @default false
   */
  readonly generateSecret?: boolean;
  /**
   * How long an access or ID token is good: what was revoked is gone within this time. An hour at most.
   *
   * @default 15 minutes
   */
  readonly tokenValidity?: Duration;
  /**
   * How long a refresh token is good, 30 days at most.
   *
   * @default 30 days
   */
  readonly refreshTokenValidity?: Duration;
  /**
   * How long a step of the sign-in may take, 3 to 15 minutes; at least as long as a code is good.
   *
   * @default 5 minutes
   */
  readonly authSessionValidity?: Duration;
  /**
   * What becomes of Cognito's groups: they are carried through, or replaced by the tenant's roles.
   *
   * @default carry
   */
  readonly groups?: "carry" | "replace";
  /**
   * Decisions are logged and do not count.
   *
   * @default they count
   */
  readonly observe?: Reasoned;
  /**
   * Leaves `aws.cognito.signin.user.admin` in the tokens, with which they may edit the account that other tenants trust.
   *
   * @default it is taken out
   */
  readonly keepAccountScope?: Reasoned;
}

const HOUR = Duration.hours(1);
const MONTH = Duration.days(30);
/** Cognito's word for the sign-in flows; an empty list would open its default, so that one is always written. */
const REFRESH = "ALLOW_REFRESH_TOKEN_AUTH";

/**
 * An app client and its binding: made as the tenant's sign-in asks for it, so that nobody gets around it, and bound once the function has looked at it. People
 * write no custom attribute, tokens live for 15 minutes and can be revoked, and nobody learns who has an account. When it leaves the template, its people are
 * refused first, and then it is deleted.
 */
export class TenantClient extends Construct {
  /** The client. */
  readonly client: cognito.UserPoolClient;
  /** Its id. */
  readonly clientId: string;
  /** The binding. */
  readonly binding: CustomResource;

  /**
   * Throws `CLIENT_…` for what would lock people out, or let them around their tenant's sign-in.
   *
   * @param scope where it belongs
   * @param id its name there; another name is another client
   * @param props what is said of it
   */
  constructor(scope: Construct, id: string, props: TenantClientProps) {
    super(scope, id);
    check(props);
    this.client = client(this, props);
    this.clientId = this.client.userPoolClientId;
    this.binding = props.registrar.resource(this, "Binding", "Client", {
      UserPoolId: props.userPool.userPoolId,
      ClientId: this.clientId,
      ...purpose(props),
      Mode: props.observe === undefined ? "enforce" : "observe",
      Groups: props.groups,
      AccountScope: props.keepAccountScope === undefined ? "suppress" : "keep",
      OfAnotherStack: props.machine?.ofAnotherStack === undefined ? undefined : true,
    });
    for (const [name, setting] of [
      ["observe", props.observe],
      ["keepAccountScope", props.keepAccountScope],
      ["ofAnotherStack", props.machine?.ofAnotherStack],
    ] as const) {
      if (setting !== undefined) this.binding.node.addMetadata(`tenantry:${name}`, setting.reason);
    }
    this.binding.node.addDependency(props.registrar.letLookAt(this, props.userPool));
  }
}

function check(props: TenantClientProps): void {
  const { tenant, managedLogin, machine, identityProviders = [], singleSignOnOnly = false } = props;
  const codes = tenant !== "everybody" && tenant.asksForCode;
  if (codes && machine === undefined && (managedLogin !== undefined || identityProviders.length > 0)) {
    refused(
      "CLIENT_MANAGED_LOGIN",
      "The tenant asks for codes, and managed login and identity providers run no custom challenge. Leave them out, or choose another sign-in for the tenant.",
    );
  }
  if (identityProviders.length > 0 && managedLogin === undefined) {
    refused("CLIENT_CALLBACK", "People come by an identity provider through managed login. Give it callback URLs.");
  }
  if (singleSignOnOnly && identityProviders.length === 0) {
    refused("CLIENT_PROVIDERS", "Nobody could sign in. Name the tenant's identity providers.");
  }
  if (singleSignOnOnly && tenant === "everybody") {
    refused("CLIENT_SHARED", "Single sign-on is one tenant's. Give the tenant a client of its own.");
  }
  if (machine !== undefined && (tenant === "everybody" || managedLogin !== undefined || singleSignOnOnly)) {
    refused("CLIENT_MACHINE", "A machine is one tenant's, and signs in at no page. Make another client for people.");
  }
  if (machine !== undefined && machine.scopes.length === 0) {
    refused("CLIENT_SCOPES", "A machine needs a scope of a resource server.");
  }
  const { tokenValidity = Duration.minutes(15), refreshTokenValidity = MONTH } = props;
  if (tokenValidity.toSeconds() > HOUR.toSeconds() || refreshTokenValidity.toSeconds() > MONTH.toSeconds()) {
    refused("CLIENT_VALIDITY", "Access and ID tokens are good for an hour at most, refresh tokens for 30 days.");
  }
  const session = (props.authSessionValidity ?? Duration.minutes(5)).toMinutes();
  if (codes && session < 5) {
    refused("CLIENT_SESSION", "The session would end before the code in the mail does. Give it 5 minutes or more.");
  }
}

function client(scope: TenantClient, props: TenantClientProps): cognito.UserPoolClient {
  const { tenant, managedLogin, machine, identityProviders = [], tokenValidity = Duration.minutes(15) } = props;
  const own = props.singleSignOnOnly ? [] : [cognito.UserPoolClientIdentityProvider.COGNITO];
  const named = identityProviders.map((bound) => cognito.UserPoolClientIdentityProvider.custom(bound.providerName));
  const oAuth = oAuthSettings(managedLogin, machine);
  const made = new cognito.UserPoolClient(scope, "Client", {
    userPool: props.userPool,
    generateSecret: machine !== undefined || (props.generateSecret ?? false),
    accessTokenValidity: tokenValidity,
    idTokenValidity: tokenValidity,
    refreshTokenValidity: props.refreshTokenValidity ?? MONTH,
    authSessionValidity: props.authSessionValidity ?? Duration.minutes(5),
    enableTokenRevocation: true,
    preventUserExistenceErrors: true,
    writeAttributes: writeAttributes(),
    readAttributes: writeAttributes().withStandardAttributes({ emailVerified: true, phoneNumberVerified: true }),
    supportedIdentityProviders: [...own, ...named],
    ...(oAuth === undefined ? { disableOAuth: true } : { oAuth }),
    ...(props.clientName !== undefined && { userPoolClientName: props.clientName }),
  });
  const resource = made.node.defaultChild as cognito.CfnUserPoolClient;
  resource.explicitAuthFlows = [...flows(props), REFRESH];
  for (const bound of identityProviders) made.node.addDependency(bound);
  // The table first: while a deployment changes both, the triggers hold people to the new sign-in.
  if (tenant !== "everybody" && tenant.ready !== undefined) made.node.addDependency(tenant.ready);
  return made;
}

function flows(props: TenantClientProps): string[] {
  if (props.machine !== undefined || props.singleSignOnOnly) return [];
  if (props.tenant !== "everybody" && props.tenant.asksForCode) return ["ALLOW_CUSTOM_AUTH"];
  return ["ALLOW_USER_SRP_AUTH"];
}

function oAuthSettings(
  managedLogin: ManagedLogin | undefined,
  machine: Machine | undefined,
): cognito.OAuthSettings | undefined {
  if (machine !== undefined) return { flows: { clientCredentials: true }, scopes: [...machine.scopes] };
  if (managedLogin === undefined) return undefined;
  return {
    flows: { authorizationCodeGrant: true },
    scopes: [...(managedLogin.scopes ?? [cognito.OAuthScope.OPENID])],
    callbackUrls: [...managedLogin.callbackUrls],
    ...(managedLogin.logoutUrls !== undefined && { logoutUrls: [...managedLogin.logoutUrls] }),
  };
}

function purpose(props: TenantClientProps): Record<string, unknown> {
  if (props.tenant === "everybody") return { Binds: "shared" };
  if (props.machine === undefined) return { Binds: "tenant", TenantId: props.tenant.tenantId };
  return { Binds: "machine", TenantId: props.tenant.tenantId, Roles: props.machine.roles };
}
