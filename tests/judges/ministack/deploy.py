"""Prepares ministack as one would prepare AWS: functions of provided.al2023, and a domain that mail may be sent from.

Standard input is JSON: {"url", "region", "sender", "programs": {name: path}, "environment": {name: value}}. Each program is
zipped as `bootstrap`. Prints {name: ARN}. botocore comes with ministack, which pins it.
"""

import io
import json
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


def zipped(path):
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    packed = io.BytesIO()
    with open(path, "rb") as program, zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, program.read(), zipfile.ZIP_DEFLATED, compresslevel=1)
    return packed.getvalue()


client("sesv2").create_email_identity(EmailIdentity=given["sender"])
functions = client("lambda")
made = {
    name: functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role="arn:aws:iam::000000000000:role/judged",
        Code={"ZipFile": zipped(path)},
        Timeout=5,
        MemorySize=256,
        Environment={"Variables": given["environment"]},
    )["FunctionArn"]
    for name, path in given["programs"].items()
}
json.dump(made, sys.stdout)
