"""Processes that the tests start: each ends by its id, and none outlives the tests."""

import select
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

# The kernel sends the death signal when the thread that started a process ends, not the program: so
# one thread, which lives as long as the program, starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def start(command, **options):
    """A process that the kernel kills should this one die. `setpriv` becomes the command: same id."""
    whole = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
    return _starter.submit(lambda: subprocess.Popen(whole, **options)).result()


def end(process):
    """Kills it, stopped or running, and waits until it is gone."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def read_line(process, deadline):
    """The next line that it prints; RuntimeError where none comes within `deadline` seconds."""
    end_at = time.monotonic() + deadline
    line = b""
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([process.stdout], [], [], max(0, end_at - time.monotonic()))
        byte = process.stdout.read(1) if readable else b""
        if not byte:
            raise RuntimeError(f"{process.args} printed no line within {deadline} s, only {line!r}")
        line += byte
    return line.decode().strip()
