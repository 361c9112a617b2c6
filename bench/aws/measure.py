"""Cold start, memory, size and CPU of the Lambda functions, next to Python with boto3 in the same run.

    bench/aws/run.sh [--rounds N]      builds what is needed and calls this; README.md explains the rows
"""

import argparse
import contextlib
import http.server
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BOOTSTRAP = ROOT / os.environ.get("ORDERFLOW_BOOTSTRAP", "build/lambda/bootstrap")
SIGNED_CALL = ROOT / "build/release/bench/aws/bench_signed_call"
CALLS = 3000
START_DEADLINE = 30
# An item of 1 KB, about the size of a stored order.
ITEM = b'{"Item":{"id":{"S":"0199c000-0000-7000-8000-000000000001"},"body":{"S":"' + b"x" * 900 + b'"}}}'

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "token", "_HANDLER": "payment-processor", "AWS_LAMBDA_FUNCTION_NAME": "payment-processor",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    **{f"ORDERFLOW_{name}_TABLE": name.lower() for name in ("ORDERS", "PRODUCTS", "SIMULATED")},
    **{f"ORDERFLOW_{name}_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/000000000000/{name.lower()}"
       for name in ("PAYMENT", "INVENTORY", "FULFILLMENT")},
    "ORDERFLOW_ADMIN_TOKEN": "token-of-the-benchmark", "ORDERFLOW_ID_KEY": "key-of-the-benchmark-0123456789",
}


def find_boto3():
    """Finds a Python that has boto3: Debian's, or the one on the PATH. (path, version of boto3)"""
    for python in ("/usr/bin/python3", shutil.which("python3")):
        probe = subprocess.run([python, "-c", "import boto3; print(boto3.__version__)"], capture_output=True,
                               text=True)
        if probe.returncode == 0:
            return python, probe.stdout.strip()
    sys.exit("boto3 was not found: apt-get install python3-boto3")


def peak_kib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise RuntimeError("no VmHWM")


def cold_start(command):
    """(seconds from exec to the first request for an invocation, peak KiB by then)"""
    with socket.create_server(("127.0.0.1", 0)) as runtime:
        runtime.settimeout(START_DEADLINE)
        environment = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.getsockname()[1]}"}
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd="/")
        try:
            connection, _ = runtime.accept()
            with connection:
                connection.settimeout(START_DEADLINE)
                request = connection.recv(4096)
                seconds = time.perf_counter() - begin
                if not request.startswith(b"GET /2018-06-01/runtime/invocation/next"):
                    raise RuntimeError(f"{command} did not ask for an invocation: {request!r}")
                return seconds, peak_kib(process.pid)
        finally:
            process.kill()
            process.wait()


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every request with the same item."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(ITEM)))
        self.end_headers()
        self.wfile.write(ITEM)
        self.wfile.flush()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def constant_dynamodb():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def call_cpu(command, url):
    """Microseconds of CPU for each call."""
    environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": url}
    run = subprocess.run([*command, str(CALLS)], env=environment, capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        sys.exit(f"{command} failed: {run.stderr}")
    return float(run.stdout)


def zip_size(path):
    """Bytes of the zip, packed as scripts/package-lambda.sh packs it."""
    packed = ROOT / "build" / "bench-bootstrap.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(path, "bootstrap")
    size = packed.stat().st_size
    packed.unlink()
    return size


def measure(rounds, python):
    """Measures both in turn, so that other work of the machine affects both."""
    ours, theirs = {"start": [], "memory": [], "call": []}, {"start": [], "memory": [], "call": []}
    contenders = ((ours, [BOOTSTRAP], [SIGNED_CALL]),
                  (theirs, [python, HERE / "boto3_function.py"], [python, HERE / "signed_call.py"]))
    for _, function, _ in contenders:
        cold_start(function)  # fills the page cache and Python's cache of compiled modules
    for _ in range(rounds):
        for into, function, _ in contenders:
            seconds, kib = cold_start(function)
            into["start"].append(seconds * 1e3)
            into["memory"].append(kib / 1024)
    with constant_dynamodb() as url:
        for _ in range(3):
            for into, _, calls in contenders:
                into["call"].append(call_cpu(calls, url))
    return ours, theirs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20, help="cold starts of each (20)")
    rounds = parser.parse_args().rounds
    python, version = find_boto3()
    ours, theirs = measure(rounds, python)
    missed = []
    print(f"| | orderflow | Python, boto3 {version} | ratio | bar |\n| --- | --- | --- | --- | --- |")
    for key, name, unit, bar in (("start", "exec to the first invocation asked for", "ms", 60),
                                 ("memory", "peak memory by then", "MiB", 6),
                                 ("call", "CPU of a signed DynamoDB call", "us", 10)):
        one, other = statistics.median(ours[key]), statistics.median(theirs[key])
        met = other / one >= bar
        missed += [] if met else [name]
        print(f"| {name} | {one:.1f} {unit} | {other:.1f} {unit} | 1/{other / one:.0f} | "
              f"1/{bar} {'met' if met else 'MISSED'} |")
    size = zip_size(BOOTSTRAP) / 2**20
    missed += [] if size <= 4 else ["zip"]
    print(f"| zip | {size:.2f} MiB | | | 4 MiB {'met' if size <= 4 else 'MISSED'} |")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
