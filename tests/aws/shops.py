"""A shop on AWS in its two ways to run: as Lambda functions, and as `orderflow serve --store aws`.
Both are asked over HTTP, by the client of tests/e2e."""

import contextlib
import os
import signal
import subprocess

import processes
from api_gateway import api_gateway
from deployment import ADMIN_TOKEN, STAGES
from event_source import EventSource
from harness import BINARY, ROOT, START_DEADLINE, Shop
from lambda_double import LambdaDouble

BOOTSTRAP = ROOT / os.environ.get("ORDERFLOW_BOOTSTRAP", "build/release/bootstrap")
CONTRACT_TEST = ROOT / os.environ.get("ORDERFLOW_CONTRACT_AWS_TEST", "build/release/tests/contract_aws_test")
PROCESSOR = {"payment": "payment-processor", "inventory": "inventory-processor",
             "fulfillment": "fulfillment-processor"}


class AwsShop(Shop):
    token = ADMIN_TOKEN


class LambdaShop(AwsShop):
    """`service` is the double, `sources` are its event sources by stage."""

    def __init__(self, port, service, sources):
        super().__init__(port)
        self.service, self.sources = service, sources


@contextlib.contextmanager
def lambda_shop(deployment, folder, environment=None, payload="2.0", source_options=None,
                bootstrap=BOOTSTRAP, **options):
    """`options` go to the double, `source_options` to its event sources."""
    environment = environment or deployment.environment()
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(LambdaDouble([bootstrap], environment, folder / "lambda", **options))
        sources = {}
        for stage in STAGES:
            source = EventSource(service.function(PROCESSOR[stage]), deployment.servers.sqs,
                                 deployment.queue_url(stage), **(source_options or {}))
            sources[stage] = stack.enter_context(source)
        # All are signalled before the first is joined: they end at the same time.
        stack.callback(lambda: [source.stopping.set() for source in sources.values()])
        port = stack.enter_context(api_gateway(service, payload))
        yield LambdaShop(port, service, sources)


class ServeShop(AwsShop):
    """`process` is the server's."""

    def __init__(self, port, process, log):
        super().__init__(port)
        self.process, self.log = process, log

    def stop(self, deadline=15):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(deadline)


@contextlib.contextmanager
def serve_shop(deployment, folder, environment=None):
    """One process, which must end in good order unless the test ended it."""
    log = folder / "serve.log"
    with open(log, "ab") as err:
        process = processes.start(
            [BINARY, "serve", "--store", "aws", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=err, bufsize=0,
            env={"PATH": os.environ["PATH"], **(environment or deployment.environment())})
    try:
        try:
            line = processes.read_line(process, START_DEADLINE)
        except RuntimeError as failure:
            raise RuntimeError(f"{failure}: {log.read_text()[-2000:]}") from None
        shop = ServeShop(int(line.rsplit(":", 1)[1]), process, log)
        yield shop
        if process.poll() is None:
            assert shop.stop() == 0, log.read_text()[-2000:]
    finally:
        processes.end(process)
