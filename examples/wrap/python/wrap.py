"""A function that is in a user pool's slot already, and asks Tenantry's function too."""

import copy
import json
import os

CALM = "Something went wrong on our side. Try again in a moment. (TRY_AGAIN)"


class Refused(Exception):
    """A refusal in Tenantry's own words, which Cognito shows to the user."""


def tenantry(invoke):
    """Calls Tenantry's function with the whole event; its answer is the whole event."""

    def ask(event):
        try:
            failed, payload = invoke(json.dumps(event))
            body = json.loads(payload)
            if not isinstance(body, dict):
                raise TypeError("no event")
        except Exception as cause:
            print("Tenantry could not be asked:", type(cause).__name__)
            raise RuntimeError(CALM) from None
        if not failed:
            return body
        # Word for word: the sentence is for the user, the code at its end for your front end.
        raise Refused(body.get("errorMessage") or CALM)

    return ask


def wrap(own, ask):
    """Your handler and Tenantry's, in the order that each trigger needs."""

    def handler(event, context=None):
        kind = event["triggerSource"].split("_")[0]
        if kind == "PreSignUp":
            # Yours first: what it refuses takes up no invitation.
            return ask(own(copy.deepcopy(event), context))
        if kind == "PostConfirmation":
            # The person is confirmed whatever happens here, and the next token repairs what Tenantry could not do.
            try:
                event = ask(event)
            except Exception:
                pass
            return own(event, context)
        ours = ask(event)
        if kind == "TokenGeneration":
            theirs = own(copy.deepcopy(event), context)
            response = (theirs.get("response") or {}) | (ours.get("response") or {})
            return ours | {"response": response | tokens(event, theirs, ours)}
        # A challenge is one party's from the first step to the last: yours only where Tenantry says nothing.
        return own(ours, context) if ours["response"] == event["response"] else ours

    return handler


def tokens(event, theirs, ours):
    """Both say something of the token: whatever name Tenantry sets or suppresses is Tenantry's."""
    key = "claimsOverrideDetails" if event["version"] == "1" else "claimsAndScopeOverrideDetails"
    mine, first = theirs["response"].get(key), ours["response"].get(key)
    if not first:
        return {key: mine}  # The client only observes.
    if not mine:
        return {key: first}
    if event["version"] == "1":
        return {key: mine | first | claims(mine, first)}
    merged = mine | first
    for token in ("idTokenGeneration", "accessTokenGeneration"):
        if mine.get(token) or first.get(token):
            merged[token] = both(mine.get(token) or {}, first.get(token) or {})
    return {key: merged}


def both(mine, first):
    gone = first.get("scopesToSuppress") or []
    merged = claims(mine, first)
    added = [scope for scope in union(mine.get("scopesToAdd"), first.get("scopesToAdd")) if scope not in gone]
    suppressed = union(mine.get("scopesToSuppress"), gone)
    return merged | ({"scopesToAdd": added} if added else {}) | ({"scopesToSuppress": suppressed} if suppressed else {})


def claims(mine, first):
    set_, gone = first.get("claimsToAddOrOverride") or {}, first.get("claimsToSuppress") or []
    kept = {name: value for name, value in (mine.get("claimsToAddOrOverride") or {}).items() if name not in gone}
    suppressed = [name for name in union(mine.get("claimsToSuppress"), gone) if name not in set_]
    return {"claimsToAddOrOverride": kept | set_, "claimsToSuppress": suppressed}


def union(one, other):
    return list(dict.fromkeys([*(one or []), *(other or [])]))


def lambda_invoke():
    """Calls the function that TENANTRY_FUNCTION names: its ARN, alias included."""
    import boto3  # Lambda's Python runtimes bring it.
    from botocore.config import Config

    # Cognito waits 5 s in all and calls again by itself; Tenantry answers within 3.5 s.
    patience = Config(connect_timeout=0.3, read_timeout=4, retries={"total_max_attempts": 1})
    client = boto3.client("lambda", config=patience)

    def invoke(event):
        answer = client.invoke(FunctionName=os.environ["TENANTRY_FUNCTION"], Payload=event)
        return "FunctionError" in answer, answer["Payload"].read()

    return invoke
