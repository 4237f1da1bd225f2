"""The wiring."""

from wrap import lambda_invoke, tenantry, wrap


def own(event, context):
    """Stands for what was there before: it takes an event and gives it back, changed or not, or raises."""
    if event["triggerSource"].startswith("TokenGeneration") and event["version"] != "1":
        claims = {"claimsToAddOrOverride": {"theme": "dark"}}
        event["response"]["claimsAndScopeOverrideDetails"] = {"idTokenGeneration": claims}
    return event


handler = wrap(own, tenantry(lambda_invoke()))
