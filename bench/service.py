"""The service and the load generator that the benchmark starts, and the folders they work on."""

import atexit
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
ORDERFLOW = BUILD / "orderflow"

START_DEADLINE = 60.0
STOP_DEADLINE = 10.0

# The load generator stays on the last CPU; the service may use all of them. Otherwise chance would decide
# whether the two share a CPU.
CPUS = sorted(os.sched_getaffinity(0))
LOAD_CPU = {CPUS[-1]} if len(CPUS) > 1 else set(CPUS)


def run_tool(name, *arguments, cpus=None):
    """Runs one of the benchmark's programs and returns the JSON that it prints."""
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    result = subprocess.run([BUILD / "bench" / name, *map(str, arguments)], stdout=subprocess.PIPE,
                            text=True, preexec_fn=pin)
    if result.returncode != 0:
        raise SystemExit(f"{name} {' '.join(map(str, arguments))} ended with {result.returncode}")
    return json.loads(result.stdout)


class Service:
    """`orderflow serve` on a data folder and a free port."""

    def __init__(self, data, *arguments):
        self.data, self.arguments = Path(data), arguments
        self.process = self.port = None

    def start(self):
        self.process = subprocess.Popen(
            [ORDERFLOW, "serve", "--data", self.data, "--listen", "127.0.0.1:0",
             "--log-level", "warn", *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        atexit.register(self.process.kill)
        for line in self.process.stdout:
            if line.startswith(b"orderflow listens on "):
                self.port = int(line.rsplit(b":", 1)[1])
                return self
        raise SystemExit("the service did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_DEADLINE)
        self.process.stdout.close()
        if status != 0:
            raise SystemExit(f"the service ended with {status}")

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_DEADLINE)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def memory_peak_mib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise SystemExit("no VmHWM")

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, kind, *arguments, connections=64, seconds=None, requests=None):
        """Loads the service. Returns the generator's JSON with `server_cpu_us`, the service's CPU a request."""
        bounds = [] if seconds is None else ["--seconds", seconds, "--warmup", min(1, seconds / 2)]
        bounds += [] if requests is None else ["--requests", requests]
        before = self.cpu_seconds()
        result = run_tool("bench_load", "--port", self.port, "--connections", connections, *bounds,
                          kind, *arguments, cpus=LOAD_CPU)
        result["server_cpu_us"] = 1e6 * (self.cpu_seconds() - before) / result["answered"]
        return result


class Folders:
    """The filled shop, made once and kept, and temporary copies of it."""

    def __init__(self, root, orders):
        self.root, self.orders = Path(root), orders
        self.filled = self.root / f"filled-{orders}"
        self.ids = self.root / f"filled-{orders}.ids"
        self.root.mkdir(parents=True, exist_ok=True)

    def fill(self):
        # Another build of bench_fill may have stored another schema.
        build = hashlib.sha256((BUILD / "bench/bench_fill").read_bytes()).hexdigest()
        stamp = self.root / f"filled-{self.orders}.build"
        if stamp.exists() and stamp.read_text() == build:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(self.filled, ignore_errors=True)
        run_tool("bench_fill", "--data", self.filled, "--orders", self.orders, "--ids", self.ids)
        stamp.write_text(build)

    def copy(self, name):
        copy = self.root / name
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(["cp", "--recursive", "--reflink=auto", self.filled, copy], check=True)
        os.sync()  # otherwise writing the copy back would slow the first seconds of the load
        return copy


def folder_bytes(folder, pattern="*"):
    return sum(path.stat().st_size for path in Path(folder).glob(pattern) if path.is_file())


def fsync_us(folder, times=200):
    """The median time that this disk takes to make 4 KiB durable, as a commit does, in microseconds."""
    path = Path(folder) / "fsync"
    samples = []
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(4096 * times))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(times):
            start = time.monotonic()
            file.write(os.urandom(4096))
            os.fdatasync(file.fileno())
            samples.append(time.monotonic() - start)
    path.unlink()
    return 1e6 * sorted(samples)[times // 2]
