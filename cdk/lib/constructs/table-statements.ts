/**
 * What a function may do with the table: each action for the kinds of items that its binary was seen to use.
 *
 * @module
 */
import * as iam from "aws-cdk-lib/aws-iam";

/** Partition keys by their beginnings: `TENANT#` stands for all that begin so, `CATALOGUE` for itself. */
export type KeyKinds = readonly string[];

/**
 * Reads, one statement an action: each read is a request of its own, and asks for keys of its own kinds. A query that may only ask for a person's memberships does
 * not list a tenant's records.
 *
 * @param tableArn the base table; never an index, which lags behind
 * @param reads the kinds of keys of each action
 */
export function readStatements(
  tableArn: string,
  reads: Readonly<Record<string, KeyKinds>>,
): readonly iam.PolicyStatement[] {
  return Object.entries(reads).map(
    ([action, kinds]) =>
      new iam.PolicyStatement({
        sid: action.replace("dynamodb:", "Read"),
        actions: [action],
        resources: [tableArn],
        conditions: onlyKeys(kinds),
      }),
  );
}

/**
 * Writes, in one statement for the kinds of all of them. IAM is asked for the action of each part of a transaction [Amazon DynamoDB developer guide, "Using IAM with
 * DynamoDB transactions"], and `dynamodb:LeadingKeys` is a key of UpdateItem, DeleteItem and ConditionCheckItem [Service Authorization Reference, Amazon DynamoDB].
 * What neither says is whether it then holds the key of that part or those of the whole transaction: with all kinds in one list it is right either way.
 *
 * @param tableArn the base table
 * @param writes the kinds of keys of each action
 */
export function writeStatements(
  tableArn: string,
  writes: Readonly<Record<string, KeyKinds>>,
): readonly iam.PolicyStatement[] {
  const actions = Object.keys(writes);
  if (actions.length === 0) return [];
  const kinds = [...new Set(Object.values(writes).flat())].sort();
  return [new iam.PolicyStatement({ sid: "WriteTable", actions, resources: [tableArn], conditions: onlyKeys(kinds) })];
}

function onlyKeys(kinds: KeyKinds): Record<string, Record<string, unknown>> {
  return {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": kinds.map((kind) => kind.replace(/#$/, "#*")) },
    // `ForAllValues` holds of a request without any key, hence the second line.
    Null: { "dynamodb:LeadingKeys": "false" },
  };
}
