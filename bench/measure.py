"""Measures the rows that bench/README.md describes and prints them as a table. Started by bench/run.sh."""

import argparse
import datetime
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median

from service import ORDERFLOW, ROOT, Folders, Service, folder_bytes, fsync_us, run_tool

CONNECTIONS = (16, 64, 256)
IN_FLIGHT = 20_000
STARTS = 5
GET_TURNS = 8  # how often a round switches between orders and /healthz


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--folder", type=Path, default=ROOT / "build/bench-data")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 4)
    arguments.stored = 50_000 if arguments.quick else 1_000_000
    return arguments


def progress(text):
    print(text, file=sys.stderr, flush=True)


class Figures:
    """The measured values by name: one a round; the median counts."""

    def __init__(self):
        self.values = defaultdict(list)

    def add(self, name, value):
        self.values[name].append(value)

    def __getitem__(self, name):
        return median(self.values[name])

    def worst(self, name):
        return max(self.values[name])


# ---- Measuring

def measure_round(service, folders, seconds, figures):
    """Runs every load once. A ratio compares loads that ran right after each other, because the speed of
    a shared machine changes from minute to minute."""

    def load(what, kind, *arguments, connections=64, seconds=seconds):
        result = service.load(kind, *arguments, connections=connections, seconds=seconds)
        backlog = f"   backlog {result['backlog_max']:>4}" if kind == "post" else ""
        progress(f"    {what:<32} {result['per_second']:>9,.0f}/s   p50 {result['p50_us']:>6.0f} us"
                 f"   p99 {result['p99_us']:>6.0f} us   CPU of the service"
                 f" {result['server_cpu_us']:>5.1f} us each{backlog}")
        return result

    def load_healthz(**options):
        result = load("GET /healthz", "healthz", **options)
        figures.add("healthz cpu", result["server_cpu_us"])
        return result["per_second"]

    def load_post(connections, *arguments):
        return load(f"POST /orders {connections} {' '.join(arguments)}", "post", "--follow",
                    *arguments, connections=connections)

    baseline_folder = folders.copy("baseline")

    def measure_baseline():
        baseline = run_tool("bench_baseline", "--data", baseline_folder, "--seconds", seconds)
        progress(f"    the same rows without HTTP       {baseline['lives_per_second']:>9,.0f}/s")
        return baseline["lives_per_second"]

    def add_lives(connections, shipped, baseline_before):
        baseline_after = measure_baseline()
        baseline = (baseline_before + baseline_after) / 2
        figures.add(f"lives/s {connections}", shipped)
        figures.add(f"baseline/s {connections}", baseline)
        figures.add(f"lives : baseline {connections}", shipped / baseline)
        return baseline_after

    baseline = measure_baseline()
    healthz_before = load_healthz()
    posts = {64: load_post(64)}
    healthz_after = load_healthz()
    healthz = (healthz_before + healthz_after) / 2
    figures.add("healthz/s", healthz)
    figures.add("shipped : healthz", posts[64]["shipped_per_second"] / healthz)

    keyed = load_post(64, "--keyed")
    unkeyed_again = load_post(64)
    unkeyed = (posts[64]["per_second"] + unkeyed_again["per_second"]) / 2
    figures.add("keyed/s", keyed["per_second"])
    figures.add("keyed : unkeyed", keyed["per_second"] / unkeyed)
    shipped = (posts[64]["shipped_per_second"] + unkeyed_again["shipped_per_second"]) / 2
    baseline = add_lives(64, shipped, baseline)

    for connections in (16, 256):
        posts[connections] = load_post(connections)
        baseline = add_lives(connections, posts[connections]["shipped_per_second"], baseline)
    for connections, post in posts.items():
        add_post(figures, connections, post)

    recent = folders.root / "recent.ids"
    service.load("post", "--ids-out", recent, seconds=min(1, seconds))
    for which, ids in (("any", folders.ids), ("recent", recent)):
        gets, healthzs = [], []
        for _ in range(GET_TURNS):
            get = load(f"GET /orders/{{orderId}}, {which}", "get", "--ids", ids,
                       seconds=seconds / GET_TURNS)
            gets.append(get["per_second"])
            healthzs.append(load_healthz(seconds=seconds / GET_TURNS))
        figures.add(f"get {which}/s", mean(gets))
        figures.add(f"get {which}, healthz/s", mean(healthzs))
        figures.add(f"get {which} : healthz", mean(gets) / mean(healthzs))


def add_post(figures, connections, post):
    figures.add(f"shipped/s {connections}", post["shipped_per_second"])
    figures.add(f"acknowledged/s {connections}", post["acknowledged_per_second"])
    figures.add(f"shipped : acknowledged {connections}",
                post["shipped_per_second"] / post["acknowledged_per_second"])
    figures.add(f"backlog : connections {connections}", post["backlog_max"] / connections)
    figures.add(f"p50 {connections}", post["p50_us"])
    figures.add(f"p99 {connections}", post["p99_us"])
    figures.add(f"p99 : p50 {connections}", post["p99_us"] / post["p50_us"])
    figures.add(f"post cpu {connections}", post["server_cpu_us"])


def measure_rounds(arguments, folders, figures):
    for number in range(1, arguments.rounds + 1):
        progress(f"  round {number} of {arguments.rounds}: a fresh copy of the shop")
        data = folders.copy("round")
        bytes_before = folder_bytes(data)
        service = Service(data).start()
        measure_round(service, folders, arguments.seconds, figures)
        figures.add("memory", service.memory_peak_mib())
        orders = shipped_orders(service) - folders.orders
        service.stop()
        figures.add("bytes an order", (folder_bytes(data) - bytes_before) / orders)
    return data


def shipped_orders(service):
    _, metrics = service.get("/metrics")
    for line in metrics.decode().splitlines():
        if line.startswith('orderflow_orders{status="SHIPPED"} '):
            return round(float(line.rsplit(" ", 1)[1]))
    raise SystemExit("GET /metrics does not say how many orders are SHIPPED")


def measure_starts(folders, in_flight, figures):
    """Kills the service with `in_flight` orders whose payment is not answered, and starts it again, several
    times. Some more orders before each kill make sure that there is a log to recover."""
    ids = folders.root / "in-flight.ids"
    service = Service(folders.copy("starts"), "--payment-latency", "600000").start()
    service.load("post", "--ids-out", ids, requests=in_flight, seconds=600, connections=256)
    order = ids.read_text().split("\n", 1)[0]
    for _ in range(STARTS):
        service.kill9()
        start = time.monotonic()
        service.start()
        status, body = service.get(f"/orders/{order}")
        figures.add("start ms", 1e3 * (time.monotonic() - start))
        if status != 200 or b'"PENDING"' not in body:
            raise SystemExit(f"after a kill -9: {status} {body!r}")
        service.load("post", requests=500, seconds=600)
    figures.add("memory", service.memory_peak_mib())
    service.kill9()


def audit(data, figures):
    start = time.monotonic()
    result = subprocess.run([ORDERFLOW, "audit", "--data", data], stdout=subprocess.PIPE, text=True)
    figures.add("audit s", time.monotonic() - start)
    figures.add("audit status", result.returncode)
    if result.returncode != 0:
        progress(result.stdout)


# ---- Printing

def at_least(bar):
    return f"at least {bar:g}", lambda value: value >= bar


def at_most(bar):
    return f"at most {bar:g}", lambda value: value <= bar


def table_rows(figures):
    """(what, measured, value, bar or None), in the order of the table. The bar applies to `value`."""
    def per_second(*names):
        return " / ".join(f"{figures[name]:,.0f}" for name in names) + " a second"

    yield ("shipped : /healthz, 64 connections", per_second("shipped/s 64", "healthz/s"),
           figures["shipped : healthz"], at_least(0.10))
    for n in CONNECTIONS:
        yield (f"shipped : acknowledged, {n}", per_second(f"shipped/s {n}", f"acknowledged/s {n}"),
               figures[f"shipped : acknowledged {n}"], at_least(0.95))
    for n in CONNECTIONS:
        worst = figures.worst(f"backlog : connections {n}")
        yield f"backlog : connections, {n}", f"{worst * n:,.0f} orders at most", worst, at_most(4)
    for n in CONNECTIONS:
        yield (f"shipped : the same rows without HTTP, {n}",
               per_second(f"lives/s {n}", f"baseline/s {n}"), figures[f"lives : baseline {n}"],
               at_least(0.60) if n >= 64 else None)
    for which in ("any", "recent"):
        yield (f"GET an order ({which}) : /healthz",
               per_second(f"get {which}/s", f"get {which}, healthz/s"),
               figures[f"get {which} : healthz"], at_least(0.50))
    for n in CONNECTIONS:
        yield (f"POST p99 : p50, {n}", f"{figures[f'p99 {n}']:,.0f} / {figures[f'p50 {n}']:,.0f} us",
               figures[f"p99 : p50 {n}"], at_most(6) if n == 64 else None)
    yield ("POST with Idempotency-Key : without", per_second("keyed/s", "acknowledged/s 64"),
           figures["keyed : unkeyed"], at_least(0.60))
    yield ("peak memory, MiB", "the highest of all rounds and starts", figures.worst("memory"),
           at_most(256))
    yield ("kill -9 to the first answer, ms", f"median of {STARTS}, the slowest"
           f" {figures.worst('start ms'):.0f}", figures["start ms"], at_most(250))
    yield ("audit after the load, exit status", f"took {figures['audit s']:.1f} s",
           figures["audit status"], at_most(0))
    yield "disk an order, bytes", "store and the sandbox's books", figures["bytes an order"], None
    for n in CONNECTIONS:
        yield f"CPU a POST and its order, us, {n}", "", figures[f"post cpu {n}"], None
    yield "CPU a GET /healthz, us", "", figures["healthz cpu"], None
    yield "4 KiB to this disk, us", "fdatasync, median", figures["fsync us"], None


def table(rows):
    lines = [("", "measured", "value", "bar", "")]
    for what, measured, value, bar in rows:
        text, met = bar or ("", None)
        verdict = "" if met is None else "pass" if met(value) else "**FAIL**"
        lines.append((what, measured, f"{value:,.2f}" if value < 20 else f"{value:,.0f}", text,
                      verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


def heading(arguments):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), "an unnamed CPU")
    cpus = sum(line.startswith("processor") for line in open("/proc/cpuinfo"))
    command = f"bench/run.sh --rounds {arguments.rounds} --seconds {arguments.seconds:g}"
    return (f"{datetime.date.today()}, {cpus} x {cpu}, {arguments.stored:,} orders stored, medians of"
            f" {arguments.rounds} rounds: `{command}{' --quick' if arguments.quick else ''}`")


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that atexit ends the service
    folders = Folders(arguments.folder, arguments.stored)
    figures = Figures()
    progress(f"Storing {arguments.stored:,} orders, unless an earlier run has ...")
    folders.fill()
    figures.add("fsync us", fsync_us(folders.root))
    progress("Loading ...")
    last_round = measure_rounds(arguments, folders, figures)
    progress("Auditing the shop after the last round ...")
    audit(last_round, figures)
    in_flight = IN_FLIGHT // 10 if arguments.quick else IN_FLIGHT
    progress(f"Killing and starting {STARTS} times with {in_flight:,} orders in flight ...")
    measure_starts(folders, in_flight, figures)

    rows = list(table_rows(figures))
    if arguments.quick:
        rows = [(what, measured, value, None) for what, measured, value, _ in rows]
    text = f"{heading(arguments)}\n\n{table(rows)}\n"
    print(text)
    if arguments.quick:
        return 0
    (ROOT / "bench/results.md").write_text(f"# The last run of bench/run.sh\n\n{text}")
    return 0 if all(bar is None or bar[1](value) for _, _, value, bar in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
