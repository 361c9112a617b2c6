"""Signs POSTs with botocore, for the test that compares our signatures with its own.

One request a line of standard input, as JSON with url, headers, body, access_key, secret,
token, region and service; one line of standard output each: the x-amz-date and the Authorization.
"""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

for line in sys.stdin:
    asked = json.loads(line)
    request = AWSRequest("POST", asked["url"], headers=asked["headers"], data=asked["body"])
    credentials = Credentials(asked["access_key"], asked["secret"], asked["token"] or None)
    SigV4Auth(credentials, asked["service"], asked["region"]).add_auth(request)
    print(request.headers["X-Amz-Date"], request.headers["Authorization"])
