"""A shop on AWS in its two ways to run: as Lambda functions, and as `orderflow serve --store aws`.
Both are asked over HTTP, by the client of tests/e2e."""

import contextlib
import os
import shutil

from api_gateway import api_gateway
from deployment import ADMIN_TOKEN, STAGES
from event_source import EventSource
from harness import ROOT, Shop, running
from lambda_double import LambdaDouble

BOOTSTRAP = ROOT / os.environ.get("ORDERFLOW_BOOTSTRAP", "build/release/bootstrap")
# The one that is deployed: static, and built apart (`cmake --preset lambda`).
STATIC_BOOTSTRAP = ROOT / "build/lambda/bootstrap"
# The same for arm64, on a machine of another kind (scripts/package-lambda.sh); it runs under QEMU's emulation.
ARM64_BOOTSTRAP = ROOT / "build/lambda-arm64/bootstrap"
QEMU = shutil.which("qemu-aarch64-static")
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
def lambda_shop(deployment, folder, environment=None, source_options=None, bootstrap=BOOTSTRAP, **options):
    """`options` go to the double, `source_options` to its event sources."""
    environment = environment or deployment.environment()
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(LambdaDouble(bootstrap, environment, folder / "lambda", **options))
        sources = {}
        for stage in STAGES:
            source = EventSource(service.function(PROCESSOR[stage]), deployment.servers.sqs,
                                 deployment.queue_url(stage), **(source_options or {}))
            sources[stage] = stack.enter_context(source)
        # All are signalled before the first is joined: they end at the same time.
        stack.callback(lambda: [source.stopping.set() for source in sources.values()])
        port = stack.enter_context(api_gateway(service))
        yield LambdaShop(port, service, sources)


def static_lambda_shop(deployment, folder):
    return lambda_shop(deployment, folder, bootstrap=STATIC_BOOTSTRAP)


def arm64_lambda_shop(deployment, folder):
    program = folder / "bootstrap"
    program.write_text(f"#!/bin/sh\nexec {QEMU} {ARM64_BOOTSTRAP}\n")
    program.chmod(0o755)
    return lambda_shop(deployment, folder, bootstrap=program)


def serve_shop(deployment, folder):
    """One process, which must end in good order unless the test ended it."""
    return running(folder, "--store", "aws", env=deployment.environment())
