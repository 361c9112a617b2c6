"""The service's memory has a bound, whatever sizes strangers choose, and is given back."""

import contextlib
import socket

from harness import order_body, poll

MIB = 1024 * 1024
SLOW_CLIENTS = 4_000
ORDERS = 800


def resident(server):
    """Bytes of the process in memory."""
    with open(f"/proc/{server.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def peak(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def largest_order():
    """About the largest that is accepted: a hundred lines, each text as long as it may be."""
    lines = [{"sku": f"{i:03}" + "s" * 253, "name": "n" * 256, "price": 1.0, "quantity": 1} for i in range(100)]
    metadata = {f"{i:02}" + "k" * 62: "v" * 512 for i in range(50)}
    return {**order_body(), "items": lines, "metadata": metadata}


def test_large_orders_and_slow_large_requests_have_a_bound(fresh_server):
    server = fresh_server
    order = largest_order()
    for _ in range(ORDERS):
        server.create(order)
    with contextlib.ExitStack() as stack:
        head = (b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 262144\r\n\r\n")
        for _ in range(SLOW_CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            with contextlib.suppress(ConnectionError):  # it gave way
                client.sendall(head + b" " * 200_000)
        # Others are served meanwhile.
        made = server.create(order_body())
        assert server.get(f"/orders/{made['orderId']}").status == 200
        assert peak(server) < 320 * MIB, f"{peak(server) / MIB:.0f} MiB"
    poll(lambda: resident(server) < 200 * MIB, what="memory given back", deadline=30)
