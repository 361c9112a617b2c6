"""The contract suites of the ports, against DynamoDB Local and the SQS emulator."""

import json
import os
import subprocess

from deployment import ORDERS, PRODUCTS, SIMULATED
from harness import ROOT

CONTRACT_TEST = ROOT / os.environ.get("ORDERFLOW_CONTRACT_AWS_TEST", "build/release/tests/contract_aws_test")


def test_the_aws_adapters_keep_the_contract_of_their_ports(servers):
    environment = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": servers.dynamodb.url,
                   "AWS_ENDPOINT_URL_SQS": servers.sqs.url, "AWS_REGION": "us-east-1",
                   "ORDERFLOW_TEST_TABLES": json.dumps({"orders": ORDERS, "products": PRODUCTS,
                                                        "simulated": SIMULATED}),
                   "AWS_ACCESS_KEY_ID": "orderflowtest", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests"}
    run = subprocess.run([CONTRACT_TEST, "--gtest_brief=1"], env=environment, capture_output=True, text=True,
                         timeout=240)
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
