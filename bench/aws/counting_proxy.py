"""A proxy between the functions and DynamoDB or SQS that counts.

    python3 counting_proxy.py PORT          prints its own port; ends when its standard input closes

It asks DynamoDB for the capacity that each request consumes and sums it by table. GET /_faults returns the
counts (the path comes from tests/aws/fault_proxy.py, on which this is built). POST /_faults
{"hold_ms": 500, "not_of": "simulated"} holds every answer back, except those of tables whose names end so:
the time of an invocation then tells how many answers it waits for one after the other."""

import asyncio
import collections
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "aws"))

import fault_proxy

READS = ("GetItem", "BatchGetItem", "Query")


class CountingProxy(fault_proxy.Proxy):
    def __init__(self, port, seed=None):
        super().__init__(port, seed)
        self.requests = collections.Counter()  # by "table operation", or "operation" of SQS
        self.units = collections.Counter()     # by "table read" and "table write"
        self.refused = collections.Counter()   # by "operation error"; these do not say their units
        self.hold_ms, self.unheld = 0, None

    def control(self, body):
        if body:
            wanted = json.loads(body)
            self.hold_ms, self.unheld = wanted.get("hold_ms", 0), wanted.get("not_of")
        return fault_proxy.json_answer(
            200, {"requests": self.requests, "units": self.units, "refused": self.refused})

    async def answer(self, upstream, first, headers, body):
        service, _, operation = headers.get("x-amz-target", "").partition(".")
        asked, tables = json.loads(body), []
        if service.startswith("DynamoDB"):
            tables = tables_of(asked)
            body = json.dumps({**asked, "ReturnConsumedCapacity": "INDEXES"}).encode()
        self.requests[" ".join([*tables, operation])] += 1
        status, answer_headers, answer = await upstream.ask(fault_proxy.message(first, headers, body))
        if " 200 " not in status:
            self.refused[f"{operation} {json.loads(answer).get('__type', status).rpartition('#')[2]}"] += 1
        elif tables:
            self.add_units(operation, asked, json.loads(answer)["ConsumedCapacity"])
        if self.hold_ms and not (self.unheld and any(table.endswith(self.unheld) for table in tables)):
            await asyncio.sleep(self.hold_ms / 1000)
        return fault_proxy.message(status, answer_headers, answer)

    def add_units(self, operation, asked, consumed):
        least = least_read_units(operation, asked)
        for table in consumed if isinstance(consumed, list) else [consumed]:
            name = table["TableName"]
            if operation == "TransactWriteItems":
                self.units[f"{name} read"] += table.get("ReadCapacityUnits", 0)
                self.units[f"{name} write"] += table.get("WriteCapacityUnits", 0)
            elif operation in READS:
                self.units[f"{name} read"] += max(table["CapacityUnits"], least.pop(name))
            else:
                self.units[f"{name} write"] += table["CapacityUnits"]
        for name, units in least.items():
            self.units[f"{name} read"] += units


def least_read_units(operation, asked):
    """By table. DynamoDB charges a missing key and an empty Query like 4 KB; DynamoDB Local does not charge
    them.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html"""
    def unit(request):
        return 1 if request.get("ConsistentRead") else 0.5
    if operation == "BatchGetItem":
        return {name: len(wanted["Keys"]) * unit(wanted) for name, wanted in asked["RequestItems"].items()}
    return {asked["TableName"]: unit(asked)} if operation in READS else {}


def tables_of(request):
    """The tables of a request for one item, of a batch of reads, or of a transaction."""
    if "TableName" in request:
        return [request["TableName"]]
    if "RequestItems" in request:
        return sorted(request["RequestItems"])
    return sorted({next(iter(item.values()))["TableName"] for item in request["TransactItems"]})


if __name__ == "__main__":
    asyncio.run(fault_proxy.main(CountingProxy))
