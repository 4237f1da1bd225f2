"""Prepares ministack as an account in which somebody has a user pool, with functions of their own, and in which ours were deployed.

Standard input is JSON: {"url", "region", "do", ...}. "deploy": {"ours": [name], "theirs": {name: handler}, "recipe": folder} gives each function of
ours the alias `live`, and makes theirs, of theirs.py beside this script. "wrap": {"name", "handler", "recipe", "environment"} replaces the code of
one of theirs. "lines": {"group", "with"} counts log lines. botocore comes with ministack, which pins it.
"""

import io
import json
import pathlib
import sys
import zipfile

import botocore.session

given = json.load(sys.stdin)


def client(service):
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=given["url"],
        region_name=given["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def zipped():
    here, recipe = pathlib.Path(__file__).parent, pathlib.Path(given["recipe"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(here / "theirs.py", "theirs.py")
        archive.write(recipe / "wrap.py", "wrap.py")
    return packed.getvalue()


def deploy():
    functions = client("lambda")
    for name in given["ours"]:
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    return {
        name: functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"theirs.{handler}",
            Role="arn:aws:iam::000000000000:role/theirs",
            Code={"ZipFile": zipped()},
            Timeout=5,
        )["FunctionArn"]
        for name, handler in given["theirs"].items()
    }


def wrap():
    functions = client("lambda")
    functions.update_function_code(FunctionName=given["name"], ZipFile=zipped())
    functions.update_function_configuration(
        FunctionName=given["name"],
        Handler=f"theirs.{given['handler']}",
        Environment={"Variables": given["environment"]},
    )


def lines():
    logs = client("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=given["group"])["logGroups"]
    if not found:
        return 0
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=given["group"])
    return sum(given["with"] in event["message"] for page in pages for event in page["events"])


json.dump({"deploy": deploy, "wrap": wrap, "lines": lines}[given["do"]](), sys.stdout)
