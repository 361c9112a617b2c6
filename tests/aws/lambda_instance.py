"""One instance of a Lambda function: its process, and the Runtime API that the process talks to.

As on Lambda: one invocation at a time; the process is frozen (SIGSTOP) as soon as it asks for the next
one and thawed (SIGCONT) when there is one; at the deadline it is killed; once it is dead it stays dead.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import json
import os
import signal
import threading
import time
import uuid

import processes
from http_service import Handler, serving

INIT_SECONDS = 10.0
PREFIX = "/2018-06-01/runtime/"


class FunctionError(Exception):
    """What the caller of a function receives: "errorType: errorMessage"."""


class Invocation:
    def __init__(self, event, timeout):
        self.id, self.event, self.timeout = str(uuid.uuid4()), event, timeout
        self.handed_over, self.ended = threading.Event(), threading.Event()
        self.answer = self.error = None
        self.deadline = None  # in wall clock time, as the Runtime API reports it

    def begin(self):
        self.deadline = time.time() + self.timeout
        self.handed_over.set()

    def end(self, answer=None, error=None):
        if not self.ended.is_set():
            self.answer, self.error = answer, error
            self.handed_over.set()
            self.ended.set()


class RuntimeApi(Handler):
    instance = None

    def do_GET(self):
        if self.path != PREFIX + "invocation/next":
            return self.reply(404, {"errorType": "NotFound"})
        invocation = self.instance.next_invocation()
        if not invocation:
            return  # the instance is over; so is this connection
        self.reply(200, json.dumps(invocation.event).encode(), [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.id),
            ("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", self.instance.function.arn),
            ("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0")])

    def do_POST(self):
        body = self.read_body()
        if self.path == PREFIX + "init/error":
            self.instance.init_failed(body)
            return self.reply(202, {"status": "OK"})
        _, _, rest = self.path.partition(PREFIX + "invocation/")
        request_id, _, kind = rest.partition("/")
        if kind not in ("response", "error"):
            return self.reply(404, {"errorType": "NotFound"})
        if not self.instance.answered(request_id, kind, body):
            return self.reply(400, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"})
        self.reply(202, {"status": "OK"})


class Instance:
    """Of a Function (lambda_double.py)."""

    def __init__(self, function):
        self.function = function
        self.changed = threading.Condition()
        self.current = None    # the invocation that is to be, or is, worked on
        self.failure = None    # why the process has ended or is about to
        self.waiting = False   # the process is waiting for its next invocation
        self.thawed = None     # (seconds, seconds of CPU) when the current invocation began
        self.cleanup = contextlib.ExitStack()
        port = self.cleanup.enter_context(serving(RuntimeApi, instance=self))
        self.log = function.folder / f"{function.name}-{uuid.uuid4().hex[:8]}.log"
        with open(self.log, "wb") as out:
            self.process = processes.start(
                [function.bootstrap], stdout=out, stderr=out, cwd=function.folder,
                env={**function.environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"})
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    # For the caller of the function.

    def invoke(self, event, timeout):
        """The answer as JSON text; FunctionError. To be called by one thread at a time."""
        invocation = Invocation(event, timeout)
        with self.changed:
            if self.over:  # it ended before its first invocation
                raise self.failure
            self.current = invocation
            self.changed.notify_all()
        if not invocation.handed_over.wait(INIT_SECONDS):
            self.stop(FunctionError(f"Sandbox.Timedout: Init timed out after {INIT_SECONDS} s"))
        if not invocation.ended.wait(timeout):
            self.stop(FunctionError(f"Sandbox.Timedout: Task timed out after {timeout:.2f} seconds"))
        if invocation.error:
            raise invocation.error
        return invocation.answer

    def stop(self, reason=None):
        """Kills it; what it works on has failed with `reason`."""
        self.end_as(reason or FunctionError("Runtime.ExitError: killed"))
        self.process.kill()

    def end_as(self, error):
        """No invocation begins any more, and the one that has begun fails with `error`."""
        with self.changed:
            self.failure = self.failure or error
            if self.current:
                self.current.end(error=error)
            self.changed.notify_all()

    def close(self):
        self.stop()
        self.watcher.join()
        processes.end(self.process)
        self.cleanup.close()

    def kill(self):
        """As a failure of the machine does: the process cannot report anything."""
        self.process.kill()

    def busy_with(self):
        with self.changed:
            return None if self.over or self.waiting else self.current

    @property
    def over(self):
        return self.failure is not None

    @property
    def frozen(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "T"

    # For its process.

    def next_invocation(self):
        with self.changed:
            self.waiting = True
            self.note_usage()
            if not self.over and not self.due():
                self.signal(signal.SIGSTOP)
            self.changed.wait_for(lambda: self.over or self.due())
            self.signal(signal.SIGCONT)
            if self.over:
                return None
            self.waiting = False
            self.thawed = (time.monotonic(), cpu_seconds(self.process.pid))
            self.current.begin()
            return self.current

    def note_usage(self):
        """What the invocation that has ended took, up to the question for the next one: what AWS bills."""
        if self.thawed:
            begun, cpu = self.thawed
            self.function.usage.append((time.monotonic() - begun, cpu_seconds(self.process.pid) - cpu))
            self.thawed = None

    def due(self):
        return self.current and not self.current.handed_over.is_set()

    def answered(self, request_id, kind, body):
        with self.changed:
            current = self.current
            if not current or current.id != request_id or current.ended.is_set():
                return False
            current.end(body.decode()) if kind == "response" else current.end(error=function_error(body))
            return True

    def init_failed(self, body):
        self.end_as(function_error(body))

    def signal(self, number):
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def watch(self):
        status = self.process.wait()
        self.end_as(FunctionError(f"Runtime.ExitError: exit status: {status}"))


def cpu_seconds(pid):
    """User and system time of a process so far, by its CPU clock: clock_getcpuclockid(3), which Python
    does not have. 0 where the process is gone."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def function_error(body):
    try:
        error = json.loads(body)
        return FunctionError(f"{error['errorType']}: {error['errorMessage']}")
    except (ValueError, KeyError, TypeError):
        return FunctionError(f"Unhandled: {body.decode(errors='replace')}")
