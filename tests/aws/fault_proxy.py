"""Stands between orderflow and one of the servers, and does what AWS does on a bad day.

    python3 fault_proxy.py PORT SEED          prints its own port; ends with its standard input

Nothing goes wrong until POST /_faults says how often, each in [0, 1]:
    throttled   refused for the rate, by the service's own name for it
    failed      500 or 503 before any effect
    reset       the connection is closed before any effect
    lost        the request has its effect, its answer never arrives
    late        the answer comes up to 400 ms later
    hung        neither effect nor answer, and the connection stays open
    conflict    a transaction is cancelled for a conflict or throttling  (DynamoDB)
    partial     some entries of a batch are reported as failed           (SQS)
    twice       a message is sent twice                                  (SQS)
and {"close": true} closes every connection that is idle, as a server does with those of a function that
was frozen for long. GET /_faults tells what was injected and how often each operation was asked for."""

import asyncio
import collections
import json
import random
import sys

LATE_SECONDS = 0.4
DYNAMODB_ERROR = "com.amazonaws.dynamodb.v20120810#"
THROTTLES = {"DynamoDB_20120810": DYNAMODB_ERROR + "ProvisionedThroughputExceededException",
             "AmazonSQS": "com.amazonaws.sqs#RequestThrottled"}


class Gone(Exception):
    """The other side has closed the connection."""


async def read_message(reader):
    """(first line, headers by lower-case name, body) of a request or an answer with a length."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = await read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return first, headers, body


async def read_chunks(reader):
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


def message(first, headers, body):
    kept = {n: v for n, v in headers.items() if n not in ("transfer-encoding", "content-length")}
    lines = [first, *(f"{name}: {value}" for name, value in kept.items()), f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def json_answer(status, body, **headers):
    return message(f"HTTP/1.1 {status} Injected",
                   {"content-type": "application/x-amz-json-1.0", **headers}, json.dumps(body).encode())


class Upstream:
    """A connection to the real server, made anew where it was closed."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def ask(self, request):
        if not self.streams:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        try:
            writer.write(request)
            return await read_message(reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise Gone from None

    def close(self):
        if self.streams:
            self.streams[1].close()
            self.streams = None


class Proxy:
    def __init__(self, port, seed):
        self.port, self.random, self.rates = port, random.Random(seed), {}
        self.injected, self.asked = collections.Counter(), collections.Counter()
        self.idle = set()

    async def serve(self, reader, writer):
        upstream = Upstream(self.port)
        try:
            while True:
                self.idle.add(writer)
                first, headers, body = await read_message(reader)
                self.idle.discard(writer)
                if "/_faults" in first:
                    writer.write(self.control(body))
                else:
                    if self.strikes("hung"):
                        await reader.read()  # until the other side gives up
                        raise Gone
                    writer.write(await self.answer(upstream, first, headers, body))
                await writer.drain()
        except (Gone, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.idle.discard(writer)
            upstream.close()
            writer.close()

    def control(self, body):
        if body:
            wanted = json.loads(body)
            if wanted.pop("close", False):
                for writer in list(self.idle):
                    writer.close()
            else:
                self.rates = wanted
        return json_answer(200, {"injected": self.injected, "asked": self.asked})

    def strikes(self, fault):
        if self.random.random() >= self.rates.get(fault, 0):
            return False
        self.injected[fault] += 1
        return True

    async def answer(self, upstream, first, headers, body):
        service, _, operation = headers.get("x-amz-target", "").partition(".")
        self.asked[operation] += 1
        refused = self.refuse(service, operation, body)
        if refused:
            return refused
        if self.strikes("reset"):
            raise Gone
        request = message(first, headers, body)
        if operation in ("SendMessage", "SendMessageBatch"):
            if self.strikes("twice"):
                await upstream.ask(request)
            if operation == "SendMessageBatch" and self.strikes("partial"):
                return await self.send_some(upstream, first, headers, json.loads(body))
        answer = message(*await upstream.ask(request))
        if self.strikes("lost"):
            raise Gone
        if self.strikes("late"):
            await asyncio.sleep(self.random.uniform(0, LATE_SECONDS))
        return answer

    def refuse(self, service, operation, body):
        if self.strikes("throttled"):
            return json_answer(400, {"__type": THROTTLES.get(service, "ThrottlingException"),
                                     "message": "Rate exceeded"})
        if self.strikes("failed"):
            if self.random.random() < 0.5:
                return json_answer(500, {"__type": "InternalServerError", "message": "Internal server error"})
            # What stands in front of the services does not speak their protocol.
            return message("HTTP/1.1 503 Service Unavailable", {"content-type": "text/html"},
                           b"<html><body>503</body></html>")
        if operation == "TransactWriteItems" and self.strikes("conflict"):
            return self.cancel_transaction(len(json.loads(body)["TransactItems"]))
        return None

    def cancel_transaction(self, items):
        reasons = [{"Code": "None"} for _ in range(items)]
        code = self.random.choice(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
        reasons[self.random.randrange(items)] = {"Code": code, "Message": "injected"}
        names = ", ".join(reason["Code"] for reason in reasons)
        return json_answer(400, {
            "__type": DYNAMODB_ERROR + "TransactionCanceledException", "CancellationReasons": reasons,
            "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{names}]"})

    async def send_some(self, upstream, first, headers, batch):
        """Passes on a part of a batch, which may be none of it, and reports the rest as failed."""
        passed = [entry for entry in batch["Entries"] if self.random.random() < 0.5]
        failed = [entry for entry in batch["Entries"] if entry not in passed]
        answer = {"Successful": []}
        if passed:
            request = message(first, headers, json.dumps({**batch, "Entries": passed}).encode())
            status, answer_headers, body = await upstream.ask(request)
            if " 200 " not in status:
                return message(status, answer_headers, body)
            answer = json.loads(body)
        answer["Failed"] = [*answer.get("Failed", []),
                            *({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError",
                               "Message": "injected"} for entry in failed)]
        return json_answer(200, answer)


async def main(proxy_class=Proxy):
    proxy = proxy_class(int(sys.argv[1]), *sys.argv[2:])
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    end = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(end), sys.stdin)
    await end.read()


if __name__ == "__main__":
    asyncio.run(main())
