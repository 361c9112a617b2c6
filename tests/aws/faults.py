"""Faults for the tests to inject: a proxy before each server, and mishaps of the functions' instances."""

import contextlib
import json
import random
import sys
import threading

from harness import Shop
from servers import HERE, printing_its_port


class FaultProxy(Shop):
    """A proxy that runs as a process: fault_proxy.py, or one that is built on it."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def inject(self, **rates):
        """From now on, and nothing else; see fault_proxy.py for the names."""
        self.request("POST", "/_faults", rates)

    def stop(self):
        self.inject()

    def close_idle(self):
        self.inject(close=True)

    def counts(self):
        return json.loads(self.get("/_faults").body)


@contextlib.contextmanager
def fault_proxy(server, folder, seed=0):
    """A proxy in front of one of the servers (services.py)."""
    command = [sys.executable, HERE / "fault_proxy.py", server.port, seed]
    with printing_its_port(command, folder / f"faults-{server.name}.log") as port:
        yield FaultProxy(port)


class Mishaps:
    """Kills some instances a moment after an invocation began: in mid-batch, or just after."""

    def __init__(self, seed, rate=0.0, within=0.05):
        self.random, self.rate, self.within = random.Random(seed), rate, within
        self.lock, self.kills = threading.Lock(), 0

    def __call__(self, instance):
        with self.lock:
            if self.random.random() >= self.rate:
                return
            delay = self.random.uniform(0, self.within)
        timer = threading.Timer(delay, self.kill, [instance])
        timer.daemon = True
        timer.start()

    def kill(self, instance):
        with self.lock:
            self.kills += instance.busy_with() is not None
        instance.kill()
