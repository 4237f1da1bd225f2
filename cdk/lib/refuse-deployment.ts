/**
 * A template that can be made and looked at but must not be deployed as it is.
 *
 * @module
 */
import { Annotations, CfnRule, Fn, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/**
 * Warns at synthesis, and puts an assertion into the template's `Rules` that never holds: CloudFormation then refuses to create or
 * update the stack, shows the sentence, and touches nothing.
 *
 * @param scope whoever cannot be deployed
 * @param id the rule's name in the template; one that is there already stands for all who ask for it
 * @param sentence what is missing, and what to do
 */
export function refuseDeployment(scope: Construct, id: string, sentence: string): void {
  const stack = Stack.of(scope);
  if (stack.node.tryFindChild(id) !== undefined) return;
  Annotations.of(stack).addWarningV2(`tenantry:${id}`, sentence);
  new CfnRule(stack, id, {
    assertions: [{ assert: Fn.conditionEquals("not ready", "ready"), assertDescription: sentence }],
  });
}
