#!/usr/bin/env python3
"""Counts what orders use on AWS: sends them through the Lambda functions on the test bed of tests/aws,
without faults, and writes the counts for cost.py.

    bench/aws/count.py [--lives N]          writes build/aws-count.json and prints its bill

README.md says what is counted and what is assumed. Needs build/lambda/bootstrap and pytest."""

import argparse
import contextlib
import json
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "aws"), str(ROOT / "tests" / "e2e")]

from api_gateway import api_gateway
from deployment import STAGES, Deployment
from event_source import EventSource
from faults import FaultProxy
from harness import order_body, poll, unique
from lambda_double import LambdaDouble
from servers import aws_servers, printing_its_port
from shops import PROCESSOR, AwsShop

BOOTSTRAP = ROOT / "build/lambda/bootstrap"
RESULT = ROOT / "build/aws-count.json"
CUSTOMERS = 4
DRAIN_DEADLINE = 300
BATCH = 10

# Assumptions where the test bed cannot measure; README.md gives the reasons.
GATHER_MS = 30           # kGatherFor in src/apps/lambda: how long a nudge waits for others
MEMORY_MB = 128
VCPU_MB = 1769            # memory at which a function has one vCPU
NETWORK_MS = 5            # an answer of DynamoDB or SQS, as a function waits for it
TRACED = 0.05             # of the invocations of each function
ACCESS_LOG_BYTES = 90     # a request, as terraform/api.tf has API Gateway write it
# With every answer held back this long, the time of an invocation tells how many it waits for.
HOLD_MS = 500

ADDRESS = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London",
           "postalCode": "SW1Y 4JH", "country": "GB"}


class Bed:
    """A shop of Lambda functions whose event sources run only while a stage is drained."""

    def __init__(self, stack, folder):
        self.servers = stack.enter_context(aws_servers(folder))
        self.deployment = Deployment(self.servers).create()
        self.store = stack.enter_context(counting_proxy(self.servers.dynamodb, folder))
        self.queues = stack.enter_context(counting_proxy(self.servers.sqs, folder))
        environment = self.deployment.environment(self.store.url, self.queues.url)
        self.service = stack.enter_context(LambdaDouble(BOOTSTRAP, environment, folder / "lambda"))
        self.shop = AwsShop(stack.enter_context(api_gateway(self.service)))
        self.batches = []

    def submit(self, lives):
        """Each order has an Idempotency-Key of its own, as in a shop whose customers press twice."""
        with ThreadPoolExecutor(CUSTOMERS) as customers:
            for made in [customers.submit(self.submit_one) for _ in range(lives)]:
                made.result()

    def submit_one(self):
        self.shop.create(order_body(f"{unique('ada')}@example.com", quantity=2, paymentMethod="pm_card_visa",
                                    shippingAddress=ADDRESS), unique("key"))

    def drain(self, stage, pollers=2):
        queue_url, function = self.deployment.queue_url(stage), self.service.function(PROCESSOR[stage])
        with EventSource(function, self.servers.sqs, queue_url, pollers) as source:
            poll(lambda: self.servers.sqs.depth(queue_url) == 0, DRAIN_DEADLINE, f"an empty queue of {stage}")
        self.batches += source.batches

    def settle(self):
        """Waits until every function has asked for its next invocation: only then has the last one ended."""
        functions = self.service.functions.values()
        poll(lambda: all(len(f.usage) == f.invocations for f in functions), what="that all functions are idle")

    def snapshot(self):
        self.settle()
        return {"store": self.store.counts(), "queues": self.queues.counts(), "batches": len(self.batches),
                "log_bytes": len(self.service.logs().encode()),
                "used": {name: len(f.usage) for name, f in self.service.functions.items()}}

    def units(self, since, kind):
        """Units of the shop's own tables, without the sandbox's."""
        now = self.store.counts()["units"]
        return sum(now.get(name, 0) - since["store"]["units"].get(name, 0)
                   for name in (f"{self.deployment.table(table)} {kind}" for table in ("orders", "products")))


@contextlib.contextmanager
def counting_proxy(server, folder):
    command = [sys.executable, HERE / "counting_proxy.py", server.port]
    with printing_its_port(command, folder / f"counting-{server.name}.log") as port:
        yield FaultProxy(port)


def live(bed, lives):
    """Orders from POST to SHIPPED, one stage after the other so that batches are full. Returns the snapshot from
    before them."""
    before = bed.snapshot()
    bed.submit(lives)
    for stage in STAGES:
        bed.drain(stage)
    return before


def assert_lived(bed, lives):
    """Every order is SHIPPED and no request was refused: a refused request does not say what it consumed."""
    orders = bed.deployment.orders()
    assert len(orders) == lives and {order["status"] for order in orders} == {"SHIPPED"}
    assert set(bed.deployment.dead_letters().values()) == {0}
    for counts in (bed.store.counts(), bed.queues.counts()):
        assert not counts["refused"], counts["refused"]
    return max(sum(len(name) + len(str(value)) for name, value in order.items()) for order in orders)


def idle_recovery(bed):
    """(write units, read units) of a run of order-recovery that finds nothing to look at."""
    before = bed.snapshot()
    assert bed.service.recover() == {"nudged": 0}
    return bed.units(before, "write"), bed.units(before, "read")


def waits(bed):
    """How many answers an invocation waits for one after the other, by function: for one order, or for ten in a
    batch. The sandbox's answers are not held back, since they are not priced."""
    held = {"hold_ms": HOLD_MS, "not_of": "simulated"}
    found = {}

    def measure(name, run):
        before = bed.snapshot()
        bed.store.inject(**held), bed.queues.inject(**held)
        run()
        bed.settle()
        bed.store.stop(), bed.queues.stop()
        usage = bed.service.function(name).usage[before["used"][name]:]
        found[name] = max(int(seconds * 1000 // HOLD_MS) for seconds, _ in usage)

    measure("order-submission", bed.submit_one)
    bed.submit(BATCH - 1)
    for stage in STAGES:
        measure(PROCESSOR[stage], lambda stage=stage: bed.drain(stage, pollers=1))
    return found


def billed_ms(name, cpu_seconds, answers):
    """CPU time at the share of a vCPU that comes with the memory, plus the network, plus the time for which
    nudges are held back in functions that send any."""
    held = GATHER_MS if name in ("payment-processor", "inventory-processor") else 0
    return math.ceil(cpu_seconds * 1000 * VCPU_MB / MEMORY_MB + answers * NETWORK_MS + held)


def count(bed, lives):
    """Everything that counts_file() writes. The last two measurements are made after the counted orders."""
    before = live(bed, lives)
    bed.settle()
    used = {name: f.usage[before["used"][name]:] for name, f in bed.service.functions.items()}
    found = SimpleNamespace(
        lives=lives, used={name: usage for name, usage in used.items() if usage}, batches=len(bed.batches),
        units={kind: bed.units(before, kind) for kind in ("write", "read")},
        simulated={kind: bed.store.counts()["units"].get(f"{bed.deployment.table('simulated')} {kind}", 0)
                   for kind in ("write", "read")},
        sends=sum(bed.queues.counts()["requests"].values()),
        logged=len(bed.service.logs().encode()) - before["log_bytes"])
    found.item_bytes = assert_lived(bed, lives)
    found.idle_write, found.idle_read = idle_recovery(bed)
    found.answers = waits(bed)
    found.ms = {name: sum(billed_ms(name, cpu, found.answers[name]) for _, cpu in usage)
                for name, usage in found.used.items()}
    return found


def counts_file(found):
    """What cost.py reads."""
    invocations = sum(map(len, found.used.values()))
    return {
        "design": "orderflow",
        "source": f"counted on the test bed: {found.lives} lives, made to order, in batches of "
                  f"{found.lives * len(STAGES) / found.batches:.1f}",
        "lives": found.lives, "memory_mb": MEMORY_MB, "architecture": "x86_64",
        "counts": {
            "http_api_requests": found.lives, "rest_api_requests": 0,
            "dynamodb_write_units": found.units["write"], "dynamodb_read_units": found.units["read"],
            "sqs_requests": found.sends + 2 * found.batches, "lambda_invocations": invocations,
            "lambda_ms": sum(found.ms.values()), "log_bytes": found.logged + ACCESS_LOG_BYTES * found.lives,
            "traces": round(TRACED * invocations, 2)},
        "why": explain(found)}


def explain(found):
    return {
        "dynamodb_write_units":
            f"as DynamoDB Local says; the largest item has {found.item_bytes} bytes. Counted separately and not priced: {found.simulated['write']:g} of the sandbox",
        "dynamodb_read_units":
            "as DynamoDB Local answers, with missing keys as DynamoDB charges them. Counted separately and not "
            f"priced: {found.simulated['read']:g} of the sandbox; a run of order-recovery that finds nothing costs "
            f"{found.idle_write:g} write and {found.idle_read:g} read units a minute, however many orders there are",
        "sqs_requests": f"{found.sends} sends of the functions; {found.batches} receives and as many deletes of the "
                        "event sources",
        "lambda_invocations": ", ".join(f"{name} {len(usage)}" for name, usage in found.used.items()),
        "lambda_ms": "; ".join(time_taken(name, usage, found.answers[name], found.ms[name])
                               for name, usage in found.used.items()),
        "log_bytes": f"{found.logged} written by the functions; the access log {ACCESS_LOG_BYTES} a request, assumed",
        "traces": "assumed: Lambda's 5 % of all invocations"}


def time_taken(name, usage, answers, ms):
    wall, cpu = (1000 * sum(column) / len(usage) for column in zip(*usage))
    return (f"{name} {len(usage)} times {ms / len(usage):.1f}: CPU {cpu:.2f}, {answers} answers waited for (on the "
            f"test bed {wall:.0f} on the clock)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lives", type=int, default=1000)
    lives = parser.parse_args().lives
    if not BOOTSTRAP.exists():
        sys.exit(f"{BOOTSTRAP} does not exist: cmake --preset lambda && cmake --build --preset lambda")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orderflow-count-")))
        found = count(Bed(stack, folder), lives)
    RESULT.write_text(json.dumps(counts_file(found), indent=2) + "\n")
    sys.exit(subprocess.run([sys.executable, HERE / "cost.py", "--counts", RESULT]).returncode)


if __name__ == "__main__":
    main()
