"""Pre token generation V2 with boto3: claims of the tenant that the app client belongs to."""

import os
from typing import Any

import boto3

TABLE = os.environ["TABLE"]
BROKEN = "Something went wrong on our side. Try again in a moment."

dynamodb = boto3.client("dynamodb")

# A client belongs to one tenant for good.
tenants: dict[str, str] = {}

Item = dict[str, Any]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Cognito's trigger: the event with the claims of both tokens, or an error that the user reads."""
    tenant_id = tenant_of(event["callerContext"]["clientId"])
    tenant, membership = read(tenant_id, event["request"]["userAttributes"]["sub"])
    if tenant["status"]["S"] != "active":
        raise PermissionError("This workspace is suspended. Ask its owner to contact support.")
    if membership is None or membership["status"]["S"] != "active":
        raise PermissionError("You are not a member of this workspace. Ask its owner to invite you.")
    claims = {
        "tenant_id": tenant_id,
        "tenant_slug": tenant["slug"]["S"],
        "member_id": membership["memberId"]["S"],
        "roles": [role["S"] for role in membership["roles"]["L"]],
    }
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "idTokenGeneration": {"claimsToAddOrOverride": claims},
        "accessTokenGeneration": {"claimsToAddOrOverride": claims},
    }
    return event


def tenant_of(client: str) -> str:
    if client not in tenants:
        key = {"pk": {"S": f"CLIENT#{client}"}, "sk": {"S": "CLIENT"}}
        item = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise PermissionError("This application belongs to no workspace.")
        tenants[client] = item["tenant"]["S"]
    return tenants[client]


def read(tenant_id: str, sub: str) -> tuple[Item, Item | None]:
    """The tenant, and the user's membership in it if there is one, as they are now."""
    of_tenant, of_user = f"TENANT#{tenant_id}", f"USER#{sub}"
    keys = [
        {"pk": {"S": of_tenant}, "sk": {"S": "TENANT"}},
        {"pk": {"S": of_user}, "sk": {"S": of_tenant}},
    ]
    found = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
    if found.get("UnprocessedKeys"):
        raise RuntimeError(BROKEN)
    items = {item["pk"]["S"]: item for item in found["Responses"].get(TABLE, [])}
    if of_tenant not in items:
        raise PermissionError("This application belongs to no workspace.")
    return items[of_tenant], items.get(of_user)
