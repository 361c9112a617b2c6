"""1,000 orders through the functions while everything fails that can: then every one is at its end or
parked with a reason, the books are in order, and nothing has happened twice (docs/correctness.md: L1, M1-M5, S1,
T1, E1, I1, D1).

    ORDERFLOW_FAULTS_SEED repeats a run's choices, ORDERFLOW_FAULTS_ORDERS changes the number of orders
"""

import contextlib
import os
import time

from audit import Audit
from customers import Customer, assert_no_answer_was_lost
from deployment import STAGES, Deployment
from faults import Mishaps, fault_proxy
from harness import poll
from lambda_double import TIMEOUTS
from lambda_instance import FunctionError
from shops import lambda_shop

SEED = int(os.environ.get("ORDERFLOW_FAULTS_SEED", time.time_ns() % 1_000_000))
ORDERS = int(os.environ.get("ORDERFLOW_FAULTS_ORDERS", "1000"))
CUSTOMERS = 4
# Enough for most of the orders, not for all.
LIMITED = {f"limited-{i}": ORDERS // 3 for i in range(3)}
TOKENS = ["pm_card_visa"] * 14 + ["pm_card_chargeDeclined", "pm_sim_unknown_before", "pm_sim_unknown_after",
                                  "pm_sim_capture_declined"]
STORE_FAULTS = dict(throttled=0.02, failed=0.01, reset=0.01, lost=0.01, late=0.02, conflict=0.03, hung=0.0005)
QUEUE_FAULTS = dict(throttled=0.02, failed=0.02, reset=0.01, lost=0.01, late=0.02, partial=0.05, twice=0.05)
SOURCE_FAULTS = dict(redelivered=0.05, lost=0.02, seed=SEED)
KILL_RATE = 0.03
# Short, so that what hangs or is killed comes again while the test runs.
VISIBILITY_SECONDS, FUNCTION_SECONDS = 5, 5
FAULTS_DEADLINE, REST_DEADLINE = 90, 150
# What an API caller is answered while the functions are killed, or the store is away.
BUSY = {429, 500, 502, 503, 504}


def place_orders(shop):
    customers = [Customer(i, shop, SEED, TOKENS, LIMITED, BUSY, ORDERS // CUSTOMERS) for i in range(CUSTOMERS)]
    for customer in customers:
        customer.up.set(), customer.start()
    for customer in customers:
        customer.finish(120)
    return customers


def open_orders(deployment):
    """How many are neither at their end nor parked."""
    return sum("open" in item for item in deployment.servers.dynamodb.scan(deployment.table("orders")))


def await_open(deployment, service, most, deadline):
    """Until no more than `most` orders are open, with order-recovery running far more often than on AWS.
    Returns the seconds."""
    begin = time.monotonic()

    def few_are_open():
        with contextlib.suppress(FunctionError):
            service.recover()
        return open_orders(deployment) <= most
    poll(few_are_open, deadline, f"that {most} orders at most are open")
    return time.monotonic() - begin


def test_every_order_ends_once_whatever_fails(servers, tmp_path):
    print(f"\nseed {SEED}, {ORDERS} orders")
    deployment = Deployment(servers, visibility_timeout=VISIBILITY_SECONDS).create()
    mishaps = Mishaps(SEED)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(fault_proxy(servers.dynamodb, tmp_path, SEED))
        queues = stack.enter_context(fault_proxy(servers.sqs, tmp_path, SEED))
        shop = stack.enter_context(lambda_shop(
            deployment, tmp_path, deployment.environment(store.url, queues.url), mishap=mishaps,
            timeouts=dict.fromkeys(TIMEOUTS, FUNCTION_SECONDS), source_options=SOURCE_FAULTS))
        for sku, available in LIMITED.items():
            shop.put_product(sku, available)
        store.inject(**STORE_FAULTS), queues.inject(**QUEUE_FAULTS)
        mishaps.rate = KILL_RATE
        begin = time.monotonic()
        customers = place_orders(shop)
        await_open(deployment, shop.service, ORDERS // 20, FAULTS_DEADLINE)
        faulty = time.monotonic() - begin
        # The faults stop, and with them every excuse for an order that does not end.
        store.stop(), queues.stop()
        mishaps.rate = 0
        for source in shop.sources.values():
            source.redelivered = source.lost = 0
        waited = await_open(deployment, shop.service, 0, REST_DEADLINE)
        injected = {"store": store.counts()["injected"], "queues": queues.counts()["injected"]}
        assert_no_answer_was_lost(customers, shop.list_orders(limit=200))
        sources = shop.sources
        functions = shop.service.functions.values()

    audit = Audit(deployment)
    report(audit, customers, mishaps, injected, sources, functions, faulty, waited, deployment)
    audit.assert_clean()
    assert audit.at_rest()
    assert all(order.state["parked"][0] for order in audit.orders if order.parked)
    assert len(audit.orders) == ORDERS // CUSTOMERS * CUSTOMERS
    # A run in which nothing happened proves nothing.
    assert mishaps.kills and all(source.repeats and source.losses for source in sources.values())
    assert all(injected["store"][fault] for fault in STORE_FAULTS if fault != "hung")
    assert all(injected["queues"][fault] for fault in QUEUE_FAULTS)


def report(audit, customers, mishaps, injected, sources, functions, faulty, waited, deployment):
    print(f"{len(audit.orders)} orders under faults for {faulty:.0f} s, {sum(c.asked_again for c in customers)} asked "
          f"again, {sum(len(c.cancelled) for c in customers)} cancelled: {audit.statuses()}; all at rest "
          f"{waited:.0f} s after the last fault")
    print(f"{mishaps.kills} killed in mid-invocation, {sum(f.cold_starts for f in functions)} cold starts, "
          f"{sum(f.invocations for f in functions)} invocations, {sum(f.errors for f in functions)} failed; injected "
          f"{injected}")
    for stage in STAGES:
        source = sources[stage]
        print(f"{stage}: {len(source.batches)} batches of {sum(source.batches) / max(1, len(source.batches)):.1f}, "
              f"{source.failed_batches} failed, {source.failed_records} records failed, {source.repeats} delivered "
              f"again, {source.losses} lost, {deployment.dead_letters()[stage]} dead")
