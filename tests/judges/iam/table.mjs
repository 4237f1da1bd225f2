// The policy table: every request with every tag, as an evaluator of IAM policies sees it. `npm run table` prints it.

import { runSimulation } from "@cloud-copilot/iam-simulate";
import { pathToFileURL } from "node:url";
import { synthesized } from "./policies.mjs";
import { requests, TAGS } from "./requests.mjs";

const VARIABLE = "${aws:PrincipalTag/tenant_id}";
const KEY_POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" },
  ],
};
const ROLE = "arn:aws:sts::111122223333:assumed-role/WebIdentityRole/ann";

/** @returns whether the session with this tag may do this under these identity policies. */
export async function allows(policies, request, tag) {
  for (const reading of readings(policies, tag)) {
    if (await allowsAsRead(reading, request, tag)) return true;
  }
  return false;
}

/**
 * How IAM may read a tag that stands in a pattern: its value as itself, or its `*` and `?` as wildcards. AWS does not say which, and the
 * evaluator does not know what an empty value becomes there. What is allowed under one of the readings counts as allowed.
 */
function readings(policies, tag) {
  if (tag === undefined || /^[a-z0-9_]+$/i.test(tag)) return [policies];
  // `**` says no more than `*`, and the evaluator's regular expressions would never come to an end with 26 of them.
  return [policies, JSON.parse(JSON.stringify(policies).replaceAll(VARIABLE, tag.replaceAll(/[*]+/g, "*")))];
}

async function allowsAsRead(policies, request, tag) {
  const context = { ...request.context, ...(tag !== undefined && { "aws:PrincipalTag/tenant_id": tag }) };
  const outcome = await simulate({
    identityPolicies: policies.map((policy, index) => ({ name: `policy ${index}`, policy })),
    // The policy that every key has unless it was given another one: who may use it is up to the account's IAM.
    ...(request.action.startsWith("kms:") && { resourcePolicy: KEY_POLICY }),
    request: { ...request, context, principal: ROLE },
  });
  return outcome === "Allowed";
}

/** One question to the evaluator. It answers, or this throws: an error is no denial. */
export async function simulate({ identityPolicies = [], resourcePolicy, request }) {
  const { action, resource, context, principal } = request;
  const answer = await runSimulation(
    {
      identityPolicies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy && { resourcePolicy }),
      request: { action, principal, resource: { resource, accountId: "111122223333" }, contextVariables: context },
    },
    {},
  );
  if (answer.resultType !== "single") throw new Error(`no answer to ${action}: ${JSON.stringify(answer)}`);
  return answer.overallResult;
}

/** @returns for each request, by its name, and each tag, by its name, whether it is allowed. */
export async function policyTable(policies, world, tags = TAGS) {
  const { allowed, shared, denied } = requests(world);
  const table = {};
  for (const [name, request] of Object.entries({ ...allowed, ...shared, ...denied })) {
    table[name] = {};
    for (const [column, tag] of Object.entries(tags)) table[name][column] = await allows(policies, request, tag);
  }
  return table;
}

/** @returns the table as text: a row for each request, a column for each tag. */
export function asText(table) {
  const lines = [["tag:", ...Object.keys(TAGS)]];
  for (const [name, cells] of Object.entries(table)) {
    lines.push([name, ...Object.keys(TAGS).map((column) => (cells[column] ? "ALLOWED" : "-"))]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { roles, world } = synthesized();
  console.log(asText(await policyTable(roles.webIdentity.permissions, world)));
}
