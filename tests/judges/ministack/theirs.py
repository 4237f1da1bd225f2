"""Functions of somebody who had a user pool before: what they do besides is no matter of ours."""

import os


def message(event, context):
    """Custom message."""
    words = "Welcome to the customer portal, {username}. Your password is {####}."
    event["response"] |= {"emailSubject": "Welcome", "emailMessage": words}
    return event


def signed_in(event, context):
    """Post authentication."""
    print("somebody signed in")
    return event


def gate(event, context):
    """Pre sign-up: occupies a slot that ours wants."""
    if event["request"]["userAttributes"].get("email", "").startswith("nobody@"):
        raise ValueError("Nobody may sign up here")
    return event


def wrapped(event, context):
    """The same function after docs/wrap.md. The recipe's own call is boto3's; this is the client beneath it, which is what there is here."""
    import botocore.session
    from botocore.config import Config
    from wrap import tenantry, wrap

    patience = Config(connect_timeout=0.3, read_timeout=4, retries={"total_max_attempts": 1})
    functions = botocore.session.get_session().create_client("lambda", config=patience)

    def invoke(text):
        answer = functions.invoke(FunctionName=os.environ["TENANTRY_FUNCTION"], Payload=text)
        return "FunctionError" in answer, answer["Payload"].read()

    return wrap(gate, tenantry(invoke))(event, context)
