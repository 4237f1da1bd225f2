"""Talks to the local user pool as any Python program talks to Amazon Cognito: with boto3, pinned in requirements.txt.

Standard input is JSON: {"url", "pool", "client", "secret_client", "secret"}. The functions of the pool refuse the
address refused@acme.example at sign-up. Exits with 0 if everything was as at Cognito.
"""

import base64
import hashlib
import hmac
import json
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

given = json.load(sys.stdin)
idp = boto3.client(
    "cognito-idp",
    endpoint_url=given["url"],
    region_name="eu-west-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
)
pool, client = given["pool"], given["client"]
PASSWORD = "Correct-horse-1"
ANN = "ann@acme.example"


def code_for(address):
    with urllib.request.urlopen(f"{given['url']}/local/outbox") as answer:
        mails = json.load(answer)["mails"]
    return [mail["code"] for mail in mails if mail["to"] == address][-1]


def refused(exception, call, **arguments):
    """The call fails with this exception of boto3's own; returns its sentence."""
    try:
        call(**arguments)
    except exception as refusal:
        return refusal.response["Error"]["Message"]
    raise AssertionError(f"{call.__name__} was not refused")


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def attributes(user, key="UserAttributes"):
    return {attribute["Name"]: attribute["Value"] for attribute in user[key]}


# Sign-up.
same(
    refused(
        idp.exceptions.UserLambdaValidationException,
        idp.sign_up,
        ClientId=client,
        Username="refused@acme.example",
        Password=PASSWORD,
    ),
    "PreSignUp failed with error Not here. (NO).",
)
signed_up = idp.sign_up(
    ClientId=client,
    Username=ANN,
    Password=PASSWORD,
    UserAttributes=[{"Name": "name", "Value": "Ann"}],
    ClientMetadata={"invitation": "token"},
)
same(signed_up["UserConfirmed"], False)
same(
    signed_up["CodeDeliveryDetails"],
    {"Destination": "a***@a***", "DeliveryMedium": "EMAIL", "AttributeName": "email"},
)
refused(idp.exceptions.UsernameExistsException, idp.sign_up, ClientId=client, Username=ANN, Password=PASSWORD)
refused(
    idp.exceptions.InvalidPasswordException, idp.sign_up, ClientId=client, Username="bob@acme.example", Password="short"
)
password = {"USERNAME": ANN, "PASSWORD": PASSWORD}
refused(
    idp.exceptions.UserNotConfirmedException,
    idp.initiate_auth,
    ClientId=client,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters=password,
)
idp.resend_confirmation_code(ClientId=client, Username=ANN)
idp.confirm_sign_up(ClientId=client, Username=ANN, ConfirmationCode=code_for(ANN))

# Sign-in, the own account, refresh.
signed_in = idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=password)
tokens = signed_in["AuthenticationResult"]
same(tokens["TokenType"], "Bearer")
user = idp.get_user(AccessToken=tokens["AccessToken"])
same(user["Username"], signed_up["UserSub"])
same(attributes(user)["name"], "Ann")
refreshed = idp.initiate_auth(
    ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]}
)
assert "RefreshToken" not in refreshed["AuthenticationResult"]
idp.get_tokens_from_refresh_token(ClientId=client, RefreshToken=tokens["RefreshToken"])
idp.update_user_attributes(
    AccessToken=tokens["AccessToken"], UserAttributes=[{"Name": "email", "Value": "ann@new.example"}]
)
idp.verify_user_attribute(
    AccessToken=tokens["AccessToken"], AttributeName="email", Code=code_for("ann@new.example")
)
idp.forgot_password(ClientId=client, Username="ann@new.example")
refused(
    idp.exceptions.CodeMismatchException,
    idp.confirm_forgot_password,
    ClientId=client,
    Username="ann@new.example",
    ConfirmationCode="nonsense",
    Password="Another-horse-2",
)
idp.confirm_forgot_password(
    ClientId=client,
    Username="ann@new.example",
    ConfirmationCode=code_for("ann@new.example"),
    Password="Another-horse-2",
)

# Administrators.
created = idp.admin_create_user(
    UserPoolId=pool, Username="cid@acme.example", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
)["User"]
same(created["UserStatus"], "FORCE_CHANGE_PASSWORD")
same(attributes(created, "Attributes")["email"], "cid@acme.example")
challenge = idp.admin_initiate_auth(
    UserPoolId=pool,
    ClientId=client,
    AuthFlow="ADMIN_USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "cid@acme.example", "PASSWORD": "Temporary-1"},
)
same(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED")
same(json.loads(challenge["ChallengeParameters"]["userAttributes"])["email"], "cid@acme.example")
idp.respond_to_auth_challenge(
    ClientId=client,
    ChallengeName="NEW_PASSWORD_REQUIRED",
    Session=challenge["Session"],
    ChallengeResponses={"USERNAME": "cid@acme.example", "NEW_PASSWORD": PASSWORD},
)
idp.admin_set_user_password(UserPoolId=pool, Username="cid@acme.example", Password=PASSWORD, Permanent=True)
idp.admin_update_user_attributes(
    UserPoolId=pool, Username="cid@acme.example", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
)
got = idp.admin_get_user(UserPoolId=pool, Username="cid@acme.example")
same((got["UserStatus"], attributes(got)["email_verified"]), ("CONFIRMED", "true"))
assert got["UserCreateDate"].year >= 2025
same(len(idp.list_users(UserPoolId=pool, Filter='email ^= "cid"')["Users"]), 1)
pages = idp.get_paginator("list_users").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 1})
same(sum(len(page["Users"]) for page in pages), 2)

# A client with a secret.
digest = hmac.new(given["secret"].encode(), f"cid@acme.example{given['secret_client']}".encode(), hashlib.sha256)
secret_password = {"USERNAME": "cid@acme.example", "PASSWORD": PASSWORD}
refused(
    idp.exceptions.NotAuthorizedException,
    idp.initiate_auth,
    ClientId=given["secret_client"],
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters=secret_password,
)
idp.initiate_auth(
    ClientId=given["secret_client"],
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters=secret_password | {"SECRET_HASH": base64.b64encode(digest.digest()).decode()},
)

# App clients and the pool.
app = idp.create_user_pool_client(
    UserPoolId=pool, ClientName="app", GenerateSecret=True, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
)["UserPoolClient"]
assert app["ClientSecret"]
app = idp.update_user_pool_client(UserPoolId=pool, ClientId=app["ClientId"], ReadAttributes=["email"])["UserPoolClient"]
assert "ExplicitAuthFlows" not in app
same(idp.describe_user_pool_client(UserPoolId=pool, ClientId=app["ClientId"])["UserPoolClient"], app)
idp.delete_user_pool_client(UserPoolId=pool, ClientId=app["ClientId"])
refused(
    idp.exceptions.ResourceNotFoundException, idp.describe_user_pool_client, UserPoolId=pool, ClientId=app["ClientId"]
)
same(len(idp.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]), 2)
same(idp.describe_user_pool(UserPoolId=pool)["UserPool"]["Id"], pool)

# The end of it.
idp.global_sign_out(AccessToken=tokens["AccessToken"])
same(
    refused(
        idp.exceptions.NotAuthorizedException,
        idp.initiate_auth,
        ClientId=client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    ),
    "Refresh Token has been revoked",
)
idp.admin_delete_user(UserPoolId=pool, Username="cid@acme.example")
refused(idp.exceptions.UserNotFoundException, idp.admin_get_user, UserPoolId=pool, Username="cid@acme.example")
refused(ClientError, idp.create_user_pool, PoolName="not part of this")
print("boto3 found nothing to say")
