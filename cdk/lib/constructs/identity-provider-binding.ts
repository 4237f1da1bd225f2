/**
 * Whose an identity provider is.
 *
 * @module
 */
import type { CustomResource } from "aws-cdk-lib";
import type * as cognito from "aws-cdk-lib/aws-cognito";
import { Construct } from "constructs";
import type { Reasoned } from "../reasoned.ts";
import type { Registrar } from "./registrar.ts";
import type { ITenant } from "./tenant.ts";

/** What is said of a provider. */
export interface IdentityProviderBindingProps {
  /** The function that binds it. */
  readonly registrar: Registrar;
  /** Its pool. */
  readonly userPool: cognito.IUserPool;
  /** The provider: SAML, OIDC, Google, Apple and the like. */
  readonly provider: cognito.IUserPoolIdentityProvider;
  /** Whose it is: a tenant, for whose own domains it speaks; or `social`, which speaks for addresses that it verified. */
  readonly serves: ITenant | "social";
  /**
   * Whether it counts. A disabled one lets nobody in, at sign-up and at every token.
   *
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Takes over a binding that an operator or another stack made.
   *
   * @default it is refused
   */
  readonly adopt?: Reasoned;
  /**
   * Binds it for a tenant that another stack's resource holds: whoever runs the provider signs in as that tenant's people.
   *
   * @default it is refused
   */
  readonly ofAnotherStack?: Reasoned;
}

/** Binds an identity provider. Without it people who come by the provider are refused. When it leaves the template, memberships that rest on it end. */
export class IdentityProviderBinding extends Construct {
  /** The provider's name in its pool. */
  readonly providerName: string;
  /** The custom resource; app clients that offer the provider come after it. */
  readonly resource: CustomResource;

  /**
   * @param scope where it belongs
   * @param id its name there
   * @param props what is said of it
   */
  constructor(scope: Construct, id: string, props: IdentityProviderBindingProps) {
    super(scope, id);
    this.providerName = props.provider.providerName;
    this.resource = props.registrar.resource(this, "Binding", "IdentityProvider", {
      UserPoolId: props.userPool.userPoolId,
      ProviderName: props.provider.providerName,
      ...(props.serves === "social" ? { Serves: "social" } : { Serves: "tenant", TenantId: props.serves.tenantId }),
      Enabled: props.enabled,
      Adopt: props.adopt === undefined ? undefined : true,
      OfAnotherStack: props.ofAnotherStack === undefined ? undefined : true,
    });
    for (const [name, setting] of [
      ["adopt", props.adopt],
      ["ofAnotherStack", props.ofAnotherStack],
    ] as const) {
      if (setting !== undefined) this.resource.node.addMetadata(`tenantry:${name}`, setting.reason);
    }
    this.resource.node.addDependency(props.provider);
  }
}
