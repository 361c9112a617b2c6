"""Lambda as the service behaves towards a function: instances started when they are needed and kept
warm, invocations by a caller, by a schedule, or by an SQS event source (event_source.py).

    with LambdaDouble(bootstrap, environment, folder) as service:
        service.function("order-recovery", timeout=30).invoke({"source": "aws.scheduler"})
"""

import contextlib
import json
import threading
import time
import uuid

from lambda_instance import FunctionError, Instance

# By the names of terraform/: handler and seconds.
TIMEOUTS = {"order-submission": 10, "order-status": 10, "order-admin": 10, "payment-processor": 30,
            "inventory-processor": 30, "fulfillment-processor": 30, "order-recovery": 60}
CONCURRENCY = 4


class Function:
    def __init__(self, name, bootstrap, environment, folder, timeout, mishap):
        self.name, self.bootstrap, self.folder, self.timeout = name, bootstrap, folder, timeout
        self.arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        self.environment = {**lambda_environment(name, folder), **environment}
        self.mishap = mishap  # called with the instance as an invocation begins
        self.free = threading.Semaphore(CONCURRENCY)
        self.lock = threading.Lock()
        self.idle, self.instances = [], []
        self.cold_starts = self.invocations = self.errors = 0
        self.usage = []  # (seconds, seconds of CPU) of each invocation that has ended

    def invoke(self, event):
        """What the function answered, from JSON; FunctionError. Waits for its turn when CONCURRENCY
        invocations are on their way."""
        with self.free:
            instance = self.take()
            try:
                self.mishap(instance)
                return json.loads(instance.invoke(event, self.timeout) or "null")
            except FunctionError:
                with self.lock:
                    self.errors += 1
                raise
            finally:
                self.put_back(instance)

    def take(self):
        with self.lock:
            self.invocations += 1
            while self.idle:
                instance = self.idle.pop()
                if not instance.over:
                    return instance
                self.discard(instance)
            self.cold_starts += 1
        instance = Instance(self)
        with self.lock:
            self.instances.append(instance)
        return instance

    def put_back(self, instance):
        with self.lock:
            if instance.over:
                self.discard(instance)
            else:
                self.idle.append(instance)

    def discard(self, instance):
        self.instances.remove(instance)
        instance.close()

    def close(self):
        with self.lock:
            instances, self.instances, self.idle = self.instances, [], []
        for instance in instances:
            instance.close()

    def logs(self):
        return "".join(path.read_text(errors="replace") for path in self.folder.glob(f"{self.name}-*.log"))


class LambdaDouble(contextlib.AbstractContextManager):
    """All functions of one deployment: the same program; _HANDLER says which function it is."""

    def __init__(self, bootstrap, environment, folder, timeouts=TIMEOUTS, mishap=lambda instance: None):
        folder.mkdir(parents=True, exist_ok=True)
        self.functions = {name: Function(name, bootstrap, environment, folder, timeout, mishap)
                          for name, timeout in timeouts.items()}

    def __exit__(self, *_):
        for function in self.functions.values():
            function.close()

    def function(self, name):
        return self.functions[name]

    def invoke(self, name, event):
        return self.functions[name].invoke(event)

    def recover(self):
        """What the schedule does."""
        return self.invoke("order-recovery", scheduled_event())

    def logs(self):
        return "".join(function.logs() for function in self.functions.values())


def lambda_environment(name, folder):
    """What a function finds besides its own variables, and nothing of this machine."""
    return {
        "_HANDLER": name, "AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"2026/01/01/[$LATEST]{uuid.uuid4().hex}",
        "LAMBDA_TASK_ROOT": str(folder), "LAMBDA_RUNTIME_DIR": str(folder), "TZ": ":UTC", "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }


def scheduled_event():
    """As EventBridge sends it. https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html"""
    return {"version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "000000000000", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": "us-east-1", "resources": ["arn:aws:events:us-east-1:000000000000:rule/order-recovery"],
            "detail": {}}
