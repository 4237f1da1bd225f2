// Only the right tenant's keyed operations are allowed, and every condition in the policies is there for a reason.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { synthesized } from "./policies.mjs";
import { ACME, GLOBEX, requests, TAGS, TENANTS } from "./requests.mjs";
import { allows, asText, policyTable, simulate } from "./table.mjs";

const { roles, world } = synthesized();
const { permissions } = roles.webIdentity;
const { allowed, shared, denied } = requests(world);
const all = { ...allowed, ...shared, ...denied };
const expected = Object.fromEntries(
  Object.keys(all).map((name) => [
    name,
    Object.fromEntries(
      Object.keys(TAGS).map((tag) => [
        tag,
        (name in allowed && tag === "right") || (name in shared && TENANTS.includes(tag)),
      ]),
    ),
  ]),
);

describe("a session", () => {
  test("is allowed its own tenant's keyed operations and nothing else", async () => {
    const text = asText(await policyTable(permissions, world));
    assert.equal(text, asText(expected));
    const documented = readFileSync(new URL("../../../docs/isolation.md", import.meta.url), "utf8");
    assert.ok(documented.includes(text), "docs/isolation.md shows another table: put in what `npm run table` prints");
  });

  test("is denied nothing by a request that is wrong in itself: one thing put right, and it is allowed", () => {
    for (const [name, { twin, ...request }] of Object.entries(denied)) {
      const different = ["action", "resource", "context"].filter(
        (part) => JSON.stringify(request[part]) !== JSON.stringify(all[twin][part]),
      );
      assert.equal(different.length, 1, `"${name}" differs from "${twin}" in ${different.join(" and ")}`);
    }
  });

  test("of a broker is allowed the same", () => assert.deepEqual(roles.broker.permissions, permissions));

  test("sees its own tenant alone, whichever of two tenants it is of", async () => {
    assert.equal(await allows(permissions, denied["Get of Globex"], GLOBEX), true);
    assert.equal(await allows(permissions, allowed["Get"], GLOBEX), false);
    assert.equal(await allows(permissions, denied["BatchGet of two tenants"], GLOBEX), false);
  });
});

describe("a weaker policy is told from the right one:", () => {
  const weaker = {
    "without the Null guard on keys": [
      (text) => text.replaceAll('"Null":{"dynamodb:LeadingKeys":"false"}', '"Null":{}'),
      ["Query without a key", "right"],
    ],
    "with any key instead of all": [
      (text) => text.replaceAll("ForAllValues:StringLike", "ForAnyValue:StringLike"),
      ["BatchGet of two tenants", "right"],
    ],
    "without the # behind the tenant": [
      (text) => text.replaceAll("tenant_id}#*", "tenant_id}*"),
      ["Get of a longer id", "right"],
    ],
    "without the slash behind objects' tenant": [
      (text) =>
        text.replaceAll(
          "documents.example/${aws:PrincipalTag/tenant_id}/*",
          "documents.example/${aws:PrincipalTag/tenant_id}*",
        ),
      ["S3 get of a longer id", "right"],
    ],
    "without the slash behind the prefix": [
      (text) =>
        text.replaceAll(
          '"s3:prefix":"${aws:PrincipalTag/tenant_id}/*"',
          '"s3:prefix":"${aws:PrincipalTag/tenant_id}*"',
        ),
      ["S3 list, prefix without slash", "right"],
    ],
    "with a prefix asked for only if there is one": [
      (text) => text.replaceAll('{"StringLike":{"s3:prefix"', '{"StringLikeIfExists":{"s3:prefix"'),
      ["S3 list without a prefix", "right"],
    ],
    "with an empty tag taken for a tenant": [
      (text) =>
        text
          .replaceAll("StringNotLike", "StringNotLikeIfExists")
          .replaceAll('"t_??????????????????????????"', '["t_??????????????????????????",""]'),
      ["Get of no id", "empty"],
    ],
    "with any tag taken for a tenant": [
      (text) => text.replaceAll('"t_??????????????????????????"', '"*"'),
      ["S3 get of no id", "empty"],
    ],
    "with * in a tenant's id": [(text) => text.replaceAll('"*${*}*",', ""), ["Get of Globex", "t_***"]],
    "with ? in a tenant's id": [(text) => text.replaceAll(',"*${?}*"', ""), ["Get of Globex", "t_???"]],
    "with every index": [
      (text) => text.replaceAll("/index/by_day", "/index/*"),
      ["Query an index not granted", "right"],
    ],
    "with the key whatever service asks": [
      (text) => text.replaceAll('"StringEquals":{"kms:ViaService"', '"StringEqualsIfExists":{"kms:ViaService"'),
      ["decrypt by itself", "right"],
    ],
    "with the custom attribute that IAM does not know": [
      (text) =>
        text.replaceAll(
          "${aws:PrincipalTag/tenant_id}",
          "${cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01:custom:tenant_id}",
        ),
      ["Get", "right"],
    ],
  };
  for (const [name, [weaken, [row, column]]] of Object.entries(weaker)) {
    test(name, async () => {
      const written = JSON.stringify(permissions);
      assert.notEqual(weaken(written), written, "the policies have nothing to weaken so");
      const request = all[row];
      assert.equal(await allows(permissions, request, TAGS[column]), expected[row][column]);
      assert.equal(await allows(JSON.parse(weaken(written)), request, TAGS[column]), !expected[row][column]);
    });
  }

  test("with Scan among the actions", async () => {
    const [policy] = structuredClone(permissions);
    for (const statement of policy.Statement) {
      if (statement.Effect === "Allow" && statement.Action.includes("dynamodb:Query")) {
        statement.Action = [statement.Action, "dynamodb:Scan"].flat();
        delete statement.Condition;
      }
    }
    assert.equal(await allows([policy], denied["Scan"], ACME), true);
  });

  test("without any one of its statements, or of their conditions", async () => {
    for (const [index, statement] of permissions[0].Statement.entries()) {
      for (const operator of [undefined, ...Object.keys(statement.Condition ?? {})]) {
        const [policy] = structuredClone(permissions);
        if (operator === undefined) policy.Statement.splice(index, 1);
        else delete policy.Statement[index].Condition[operator];
        const wrong = await firstWrongCell([policy]);
        assert.ok(wrong, `the table is the same without ${operator ?? "all"} of ${JSON.stringify(statement)}`);
      }
    }
  });
});

describe("the role is taken", () => {
  const providers = { webIdentity: world.providerArn, broker: world.serviceRoleArn };
  const action = { webIdentity: "sts:AssumeRoleWithWebIdentity", broker: "sts:AssumeRole" };
  const session = (tag, keys = ["tenant_id"], transitive = ["tenant_id"]) => ({
    ...(tag !== undefined && { "aws:RequestTag/tenant_id": tag }),
    ...(keys && { "aws:TagKeys": keys }),
    ...(transitive && { "sts:TransitiveTagKeys": transitive }),
  });
  const refused = {
    "without the tag": session(undefined, null, null),
    "without the tag, with another one": session(undefined, ["project"], ["project"]),
    "with an empty tag": session(""),
    "with a tag that is no tenant's id": session("*"),
    "with a tenant's slug": session("acme"),
    "with another tag besides": session(ACME, ["tenant_id", "project"]),
    "with another transitive tag besides": session(ACME, ["tenant_id"], ["tenant_id", "project"]),
    "with a tag that ends with the session": session(ACME, ["tenant_id"], null),
  };

  for (const [name, { trust }] of Object.entries(roles)) {
    test(`by ${name} with the tenant's tag`, async () => assert.equal(await taken(name, trust, session(ACME)), true));

    for (const [how, context] of Object.entries(refused)) {
      test(`never by ${name} ${how}`, async () => assert.equal(await taken(name, trust, context), false));
    }

    test(`never by others than ${name}`, async () => {
      const other = name === "broker" ? world.serviceRoleArn.replace("orders", "other") : `${world.providerArn}x`;
      assert.equal(await taken(name, trust, session(ACME), other), false);
    });

    test(`by ${name}, only if sts:TagSession is allowed`, async () => {
      const without = {
        ...trust,
        Statement: trust.Statement.filter((statement) => statement.Action !== "sts:TagSession"),
      };
      assert.equal(without.Statement.length, trust.Statement.length - 1);
      assert.equal(await taken(name, without, session(ACME)), false);
    });

    test(`by ${name}, with no condition to spare`, async () => {
      for (const [index, statement] of trust.Statement.entries()) {
        for (const [operator, keys] of Object.entries(statement.Condition)) {
          for (const key of Object.keys(keys).filter((key) => !key.endsWith(":aud"))) {
            const weaker = structuredClone(trust);
            delete weaker.Statement[index].Condition[operator][key];
            // Both calls ask for the tag. Each is looked at by itself, because STS may bring the tag to one of them alone.
            const asked = Object.entries(refused).filter(([, context]) => context);
            const before = await Promise.all(asked.map(([, context]) => one(name, trust, statement.Action, context)));
            const after = await Promise.all(asked.map(([, context]) => one(name, weaker, statement.Action, context)));
            assert.notDeepEqual(after, before, `nothing is refused by ${operator} ${key} at ${statement.Action}`);
          }
        }
      }
    });
  }

  test("with ID tokens of the clients alone", () => {
    // The evaluator does not know the condition keys of OIDC providers: their text is looked at instead.
    const [statement] = roles.webIdentity.trust.Statement;
    assert.deepEqual(statement.Condition.StringEquals, {
      "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01:aud": world.clients,
    });
  });

  async function taken(name, trust, context, principal = providers[name]) {
    const calls = [action[name], "sts:TagSession"];
    const answers = await Promise.all(calls.map((call) => one(name, trust, call, context, principal)));
    return answers.every(Boolean);
  }

  async function one(name, trust, call, context, principal = providers[name]) {
    const judged = structuredClone(trust);
    // Left out for the evaluator, which takes `aud` for missing; see the test of it.
    for (const statement of judged.Statement) delete statement.Condition.StringEquals;
    const resource = `arn:aws:iam::${world.account}:role/${name}`;
    const request = { action: call, principal, resource, context };
    return (await simulate({ resourcePolicy: judged, request })) === "Allowed";
  }
});

async function firstWrongCell(policies) {
  for (const [name, request] of Object.entries(all)) {
    for (const column of Object.keys(TAGS)) {
      if ((await allows(policies, request, TAGS[column])) !== expected[name][column]) return [name, column];
    }
  }
  return undefined;
}
