"""The largest orders that are accepted, many of them, beside honest ones, and every nudge of the submission
lost: order-recovery finds them all, in the memory of a small function.

    ORDERFLOW_HOSTILE_ORDERS=300 and ORDERFLOW_HONEST_ORDERS=1000 for the whole of it
"""

import concurrent.futures
import os
import time

from audit import Audit
from deployment import Deployment
from faults import fault_proxy
from harness import order_body, poll
from shops import lambda_shop
from test_memory import largest_order

# A transaction on DynamoDB takes 99 different SKUs and the order.
LARGEST = {**largest_order(), "items": largest_order()["items"][:99]}
HOSTILE = int(os.environ.get("ORDERFLOW_HOSTILE_ORDERS", "30"))
HONEST = int(os.environ.get("ORDERFLOW_HONEST_ORDERS", "60"))
RUNS_MAX = 3
OVERDUE_AFTER_MS = 30_500  # kOverdueGrace, and a little
MEMORY_MAX = 128 * 1024 * 1024


def peak(instance):
    """The most bytes of memory that its process has had."""
    with open(f"/proc/{instance.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def all_at_rest(deployment):
    audit = Audit(deployment)
    return audit.at_rest() and audit


def place(shop, body, count):
    with concurrent.futures.ThreadPoolExecutor(4) as clients:
        return [made["orderId"] for made in clients.map(lambda _: shop.create(body), range(count))]


def test_the_largest_orders_keep_no_honest_one_from_its_end(servers, tmp_path):
    deployment = Deployment(servers).create()
    with fault_proxy(servers.sqs, tmp_path) as queues, \
            lambda_shop(deployment, tmp_path, deployment.environment(sqs_url=queues.url)) as shop:
        queues.inject(failed=1)
        # The hostile ones first: they are the longest overdue.
        place(shop, LARGEST, HOSTILE)
        honest = place(shop, order_body(), HONEST)
        newest = max(int(item["look"].split("#")[0]) for item in deployment.orders())
        queues.stop()
        poll(lambda: time.time() * 1000 > newest + OVERDUE_AFTER_MS, 60, "that all are overdue")
        for _ in range(RUNS_MAX):
            shop.service.recover()
        audit = poll(lambda: all_at_rest(deployment), 240, "the end of all orders")
        for function in shop.service.functions.values():
            for instance in function.instances:
                assert peak(instance) < MEMORY_MAX, f"{function.name}: {peak(instance) >> 20} MiB"
    audit.assert_clean()
    ended = {order.id: order.status for order in audit.orders}
    assert len(ended) == HOSTILE + HONEST
    assert all(ended[order_id] == "SHIPPED" for order_id in honest)
