#!/usr/bin/env python3
"""What a million orders cost on AWS, next to the naive design, and where the difference comes from.

    bench/aws/cost.py                       from the kept counts of the test bed: cost.counted.json
    bench/aws/cost.py --counts FILE         from the counts that count.py has just written

Prints as well what a shop with little to do pays, whose batches are of one order (cost.single.json), on both
architectures, and what the deployment costs a month without any order.

A counts file says how many `lives` it is of, and `counts` over all of them: DynamoDB units, SQS
requests, Lambda invocations and their milliseconds, bytes logged, traces, API requests. Prices are in
prices.json. Not counted, because they are equal for both or next to nothing: storage, transfer out, the
pollers' empty receives, alarms, and the sandbox's books, which a real provider keeps. Exits with 1 when the
bar is missed.
"""

import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
BAR = 0.42
ARCHITECTURES = ["arm64", "x86_64"]

# What is paid a month whatever is sold: (what, how many, the price of each in prices.json). terraform/ has the
# alarms, the dashboard and the metrics.
FIXED = [
    ("alarms: 50 metrics", 50, "alarm_metrics"),
    ("metrics of the functions: 14 at most", 14, "custom_metrics"),
    ("dashboard", 1, "dashboards"),
    # An event source waits with 5 receives at a time, 20 s each (730 hours).
    ("empty receives of three queues", 3 * 5 * 3 * 60 * 730, "sqs_requests"),
    ("order-recovery, 43,800 runs", 43800, None),
]
# Of one run that finds nothing: README.md.
RECOVERY_RUN = {"dynamodb_read_units": 4, "lambda_invocations": 1}

# The lines of the table in order, and the counts of each.
LINES = [
    ("API Gateway", ["http_api_requests", "rest_api_requests"]),
    ("DynamoDB writes", ["dynamodb_write_units"]),
    ("DynamoDB reads", ["dynamodb_read_units"]),
    ("SQS", ["sqs_requests"]),
    ("Lambda requests", ["lambda_invocations"]),
    ("Lambda time", ["lambda_ms"]),
    ("Logs", ["log_bytes"]),
    ("X-Ray", ["traces"]),
]

# What orderflow does differently. Each lever changes its counts from the naive design's to orderflow's, so
# the savings add up to the difference.
LEVERS = [
    ("fewer and smaller writes, cheaper reads", ["dynamodb_write_units", "dynamodb_read_units"]),
    ("batches of ten", ["sqs_requests", "lambda_invocations", "traces"]),
    ("an HTTP API, not a REST API", ["http_api_requests", "rest_api_requests"]),
    ("one log line an invocation", ["log_bytes"]),
    ("native code, a batch in flight together", ["lambda_ms"]),
]


def read_counts(path):
    """Reads the file and adds `per_life` to it: the counts of one order."""
    design = json.loads(pathlib.Path(path).read_text())
    known = {count for _, counts in LINES for count in counts}
    if set(design["counts"]) != known:
        sys.exit(f"{path}: counts must be exactly {', '.join(sorted(known))}")
    design["per_life"] = {name: value / design["lives"] for name, value in design["counts"].items()}
    return design


def price_of(prices, design, name, count):
    """USD for a million orders with `count` of `name` each."""
    if name == "lambda_ms":
        gigabyte_seconds = count / 1000 * design["memory_mb"] / 1024
        return gigabyte_seconds * prices[f"lambda_gb_seconds_{design['architecture']}"]["per_million"]
    if name == "log_bytes":
        return count * 1e6 / 1e9 * prices["log_gigabytes"]["each"]
    return count * prices[name]["per_million"]


def bill(prices, design):
    """{line: USD for a million orders}"""
    return {
        line: sum(price_of(prices, design, name, design["per_life"][name]) for name in counts)
        for line, counts in LINES
    }


def total(prices, design, architecture):
    return sum(bill(prices, {**design, "architecture": architecture}).values())


def fixed_costs(prices):
    """[(what, USD a month)]"""
    def price(name):
        return prices[name]["each"] if "each" in prices[name] else prices[name]["per_million"] / 1e6

    run = sum(count * price(name) for name, count in RECOVERY_RUN.items())
    return [(what, count * (price(name) if name else run)) for what, count, name in FIXED]


def savings(prices, naive, ours):
    """[(lever, USD saved on a million orders)]"""
    return [
        (lever, sum(price_of(prices, naive, name, naive["per_life"][name])
                    - price_of(prices, ours, name, ours["per_life"][name]) for name in counts))
        for lever, counts in LEVERS
    ]


def table(header, rows):
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells):
        first = cells[0].ljust(widths[0])
        return "| " + " | ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:]))]) + " |"

    rule = "| " + " | ".join(["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]) + " |"
    return "\n".join([line(header), rule, *map(line, rows)])


def report(prices, naive, ours, single):
    """(text, ratio)"""
    naive_bill, our_bill, single_bill = bill(prices, naive), bill(prices, ours), bill(prices, single)
    naive_total, our_total = sum(naive_bill.values()), sum(our_bill.values())
    ratio = our_total / naive_total
    rows = [[line, *(f"{each[line]:.2f}" for each in (naive_bill, our_bill, single_bill))] for line, _ in LINES]
    rows.append(["all", f"{naive_total:.2f}", f"{our_total:.2f}", f"{sum(single_bill.values()):.2f}"])
    rows += [[f"all, on {architecture}", *(f"{total(prices, design, architecture):.2f}"
                                           for design in (naive, ours, single))] for architecture in ARCHITECTURES]
    fixed = fixed_costs(prices)
    months = [[what, f"{usd:.2f}"] for what, usd in [*fixed, ("all", sum(usd for _, usd in fixed))]]
    write_price = prices["dynamodb_write_units"]["per_million"]
    writes_at_bar = ours["per_life"]["dynamodb_write_units"] - (our_total - BAR * naive_total) / write_price
    levers = [[lever, f"{usd:.2f}", f"{usd / (naive_total - our_total):.0%}"]
              for lever, usd in savings(prices, naive, ours)]
    return "\n".join([
        f"USD a million orders from POST to SHIPPED. orderflow: {ours['source']}.",
        "",
        table(["", naive["design"], ours["design"], single["design"]], rows),
        "",
        table(["a month, without an order", "USD"], months),
        "",
        table(["lever", "saves, USD", "of all saved"], levers),
        "",
        f"orderflow : naive = {ratio:.2f}, bar at most {BAR}: {'pass' if ratio <= BAR else 'FAIL'}",
        f"Write units an order: {ours['per_life']['dynamodb_write_units']:.1f}; the bar is met up to "
        f"{writes_at_bar:.1f}, all else equal.",
    ]), ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default=HERE / "cost.counted.json", help="orderflow's counts")
    parser.add_argument("--naive", default=HERE / "cost.naive.json", help="the naive design's counts")
    parser.add_argument("--prices", default=HERE / "prices.json")
    options = parser.parse_args()
    prices = json.loads(pathlib.Path(options.prices).read_text())["usd"]
    # The processor time is measured on x86_64, and taken for that of both.
    ours = {**read_counts(options.counts), "architecture": ARCHITECTURES[0]}
    text, ratio = report(prices, read_counts(options.naive), ours, read_counts(HERE / "cost.single.json"))
    print(text)
    sys.exit(0 if ratio <= BAR else 1)


if __name__ == "__main__":
    main()
