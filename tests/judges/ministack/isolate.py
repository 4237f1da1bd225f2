"""Prepares tenants' tables and a role in a ministack that asks for permission, as one would prepare AWS.

Standard input is JSON: {"url", "region", "account", "tenants": [id], "issuer", "clients": [id]}. Makes a table `documents-TENANT` with one item
for each tenant; the role `tenant`, which the pool's tokens for these clients and the user `service` may assume; and the user. ministack knows no
policy variables, so the role names each tenant's table beside the tag that opens it. Prints the user's key. botocore comes with ministack.
"""

import json
import sys

import botocore.session

given = json.load(sys.stdin)
account, region = given["account"], given["region"]
host = given["issuer"].split("://", 1)[1]


def client(service):
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=given["url"],
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


tables, iam = client("dynamodb"), client("iam")
for tenant in given["tenants"]:
    name = f"documents-{tenant}"
    key = {"AttributeName": "pk", "AttributeType": "S"}
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    tables.create_table(TableName=name, AttributeDefinitions=[key], KeySchema=schema, BillingMode="PAY_PER_REQUEST")
    tables.put_item(TableName=name, Item={"pk": {"S": "1"}, "of": {"S": tenant}})

service = iam.create_user(UserName="service")["User"]["Arn"]
role = f"arn:aws:iam::{account}:role/tenant"
may = policy({"Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": role})
iam.put_user_policy(UserName="service", PolicyName="tenants", PolicyDocument=may)
iam.create_open_id_connect_provider(Url=given["issuer"].replace("http:", "https:"), ClientIDList=given["clients"])
iam.create_role(
    RoleName="tenant",
    AssumeRolePolicyDocument=policy(
        {
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{host}"},
            "Condition": {"StringEquals": {f"{host}:aud": given["clients"]}},
        },
        {
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"AWS": service},
            "Condition": {
                "StringLike": {"aws:RequestTag/tenant_id": "t_*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant_id"]},
            },
        },
    ),
)
iam.put_role_policy(
    RoleName="tenant",
    PolicyName="documents",
    PolicyDocument=policy(
        *(
            {
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
                "Resource": f"arn:aws:dynamodb:{region}:{account}:table/documents-{tenant}",
                "Condition": {"StringEquals": {"aws:PrincipalTag/tenant_id": tenant}},
            }
            for tenant in given["tenants"]
        )
    ),
)
key = iam.create_access_key(UserName="service")["AccessKey"]
json.dump({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}, sys.stdout)
