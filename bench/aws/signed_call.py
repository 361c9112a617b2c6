"""CPU of a signed DynamoDB call with boto3, measured as signed_call.cc does."""

import os
import resource
import sys

import boto3
from botocore.config import Config

WARM_UP_CALLS = 100


def cpu_microseconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


def call(client, calls):
    for _ in range(calls):
        client.get_item(TableName="orders", Key={"id": {"S": "0199c000-0000-7000-8000-000000000001"}},
                        ConsistentRead=True)


calls = int(sys.argv[1])
client = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"],
                      config=Config(tcp_keepalive=True))
call(client, WARM_UP_CALLS)
begin = cpu_microseconds()
call(client, calls)
print(f"{(cpu_microseconds() - begin) / calls:.1f}")
