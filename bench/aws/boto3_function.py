"""A Python function up to its first invocation: it makes two boto3 clients, then asks the runtime for
work."""

import http.client
import os

import boto3

clients = [boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "sqs")]
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
runtime.request("GET", "/2018-06-01/runtime/invocation/next")
runtime.getresponse()
