// Pre token generation V2 with the AWS SDK v3: claims of the tenant that the app client belongs to.
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const TABLE = process.env.TABLE;
const BROKEN = "Something went wrong on our side. Try again in a moment.";

const dynamodb = new DynamoDBClient({});

/** A client belongs to one tenant for good. @type {Map<string, string>} */
const tenants = new Map();

/** Cognito's trigger: the event with the claims of both tokens, or an error that the user reads. */
export async function handler(event) {
  const tenantId = await tenantOf(event.callerContext.clientId);
  const [tenant, membership] = await read(tenantId, event.request.userAttributes.sub);
  if (tenant.status.S !== "active") throw new Error("This workspace is suspended. Ask its owner to contact support.");
  if (membership?.status.S !== "active") {
    throw new Error("You are not a member of this workspace. Ask its owner to invite you.");
  }
  const claims = {
    tenant_id: tenantId,
    tenant_slug: tenant.slug.S,
    member_id: membership.memberId.S,
    roles: membership.roles.L.map((role) => role.S),
  };
  event.response.claimsAndScopeOverrideDetails = {
    idTokenGeneration: { claimsToAddOrOverride: claims },
    accessTokenGeneration: { claimsToAddOrOverride: claims },
  };
  return event;
}

/** @param {string} client */
async function tenantOf(client) {
  const known = tenants.get(client);
  if (known !== undefined) return known;
  const key = { pk: { S: `CLIENT#${client}` }, sk: { S: "CLIENT" } };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: TABLE, Key: key, ConsistentRead: true }));
  if (!Item) throw new Error("This application belongs to no workspace.");
  tenants.set(client, Item.tenant.S);
  return Item.tenant.S;
}

/** The tenant, and the user's membership in it if there is one, as they are now. */
async function read(tenantId, sub) {
  const ofTenant = `TENANT#${tenantId}`;
  const ofUser = `USER#${sub}`;
  const keys = [
    { pk: { S: ofTenant }, sk: { S: "TENANT" } },
    { pk: { S: ofUser }, sk: { S: ofTenant } },
  ];
  const found = await dynamodb.send(
    new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: keys, ConsistentRead: true } } }),
  );
  if (Object.keys(found.UnprocessedKeys ?? {}).length > 0) throw new Error(BROKEN);
  const items = found.Responses?.[TABLE] ?? [];
  const tenant = items.find((item) => item.pk.S === ofTenant);
  if (!tenant) throw new Error("This application belongs to no workspace.");
  return [tenant, items.find((item) => item.pk.S === ofUser)];
}
