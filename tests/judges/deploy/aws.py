"""One call of AWS's API that no SDK of the tests has: SERVICE OPERATION URL REGION, its input as JSON on standard input.

Prints the answer as JSON, or ends with what AWS answered. botocore comes with ministack, which pins it.
"""

import json
import sys

import botocore.exceptions
import botocore.session

service, operation, url, region = sys.argv[1:]
client = botocore.session.get_session().create_client(
    service, endpoint_url=url, region_name=region, aws_access_key_id="local", aws_secret_access_key="local"
)
try:
    answer = getattr(client, operation)(**json.load(sys.stdin))
except botocore.exceptions.ClientError as refused:
    sys.exit(str(refused))
json.dump(answer, sys.stdout, default=str)
