/**
 * Settings that are looser than they need be.
 *
 * @module
 */
import { CfnResource } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** A setting that is looser than it need be, and why. */
export interface Reasoned {
  /** Why; it is kept in the template's metadata for whoever reviews it. */
  readonly reason: string;
}

/**
 * Keeps a reason in the template, beside what it is about.
 *
 * @param construct what was loosened; its own resource gets the metadata
 * @param setting which setting
 * @param loosened why
 */
export function explain(construct: IConstruct, setting: string, loosened: Reasoned): void {
  const resource = construct.node.defaultChild;
  if (resource instanceof CfnResource) resource.addMetadata(`tenantry:${setting}`, loosened.reason);
}
