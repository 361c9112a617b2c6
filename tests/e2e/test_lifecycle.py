"""Starting, stopping, restarting and running out of disk."""

import contextlib
import json
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from harness import LIFE, Client, Server, order_body, poll, post_bytes, read_response, running


# Stopping.

@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
                                           signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_stops_the_server_cleanly(fresh_server, signal_number):
    order_id = fresh_server.create(order_body())["orderId"]
    fresh_server.await_status(order_id, "SHIPPED")
    idle = [fresh_server.raw() for _ in range(10)]
    assert fresh_server.stop(signal_number) == 0, fresh_server.stderr
    assert signal.strsignal(signal_number) in fresh_server.stderr
    # The stop made a checkpoint: the log is empty, everything is in the database itself.
    assert all(path.stat().st_size == 0 for path in fresh_server.data.glob("*-wal"))
    for sock in idle:
        sock.close()
    fresh_server.start()
    assert fresh_server.order(order_id)["status"] == "SHIPPED"


def test_nohup_is_respected(serve):
    server = serve(before_exec=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    server.process.send_signal(signal.SIGHUP)
    assert server.get("/healthz").status == 200


def test_sighup_reopens_the_access_log(serve, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    server = serve("--access-log", log)
    server.get("/healthz")
    poll(lambda: "/healthz" in log.read_text(), what="a line")
    log.rename(old)
    server.get("/readyz")  # still in the block, or in the old file
    server.process.send_signal(signal.SIGHUP)
    poll(log.exists, what="the new log")
    server.create(order_body())
    poll(lambda: "/orders" in log.read_text(), what="a line in the new log")
    assert "/readyz" in old.read_text() and "/orders" not in old.read_text()
    lines = [*old.read_text().splitlines(), *log.read_text().splitlines()]
    assert all(json.loads(line) for line in lines)

    server.process.send_signal(signal.SIGHUP)  # with nothing to do
    log.unlink()
    log.mkdir()
    server.process.send_signal(signal.SIGHUP)
    poll(lambda: "could not be reopened" in server.stderr, what="the error")
    assert server.create(order_body())


def test_an_access_log_on_a_full_device_is_reported_at_once(serve):
    server = serve("--access-log", "/dev/full")
    server.get("/healthz")
    poll(lambda: "No space left on device" in server.stderr, 5, "the error")
    for _ in range(3):
        server.get("/healthz")
    assert server.stop() == 0
    assert server.stderr.count("No space left on device") == 1, "once, not each second"


def test_a_request_that_is_being_read_is_finished(fresh_server):
    server = fresh_server
    head, body = post_bytes(order_body(), b"Expect: 100-continue").split(b"\r\n\r\n", 1)
    with server.raw() as sock:
        sock.sendall(head + b"\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100")  # the server reads it
        server.process.send_signal(signal.SIGTERM)
        poll(lambda: not accepts(server.port), 3, "no new connections")
        sock.sendall(body)
        answer = read_response(sock)
    assert answer.status == 201 and answer.headers["connection"] == "close"
    assert server.wait(5.0) == 0
    server.start()
    server.await_status(answer.json["orderId"], "SHIPPED")


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def test_a_client_that_never_finishes_does_not_delay_the_stop(fresh_server):
    with fresh_server.raw() as sock:
        sock.sendall(b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        fresh_server.get("/healthz")
        assert fresh_server.stop() == 0


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_answered_orders_survive_a_stop_and_a_kill(fresh_server, signal_number):
    """Clients post without a pause while the server ends."""
    server, answered = fresh_server, []

    def client():
        connection = Client(server.port)
        try:
            while True:
                answered.append(connection.request("POST", "/orders", order_body()))
        except OSError:
            pass
        except Exception as gone:  # http.client's own: the connection ended between two requests
            assert "RemoteDisconnected" in type(gone).__name__ or "BadStatus" in type(gone).__name__, gone

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    poll(lambda: len(answered) > 200, what="200 answers")
    server.process.send_signal(signal_number)
    assert server.wait(5.0) == (0 if signal_number == signal.SIGTERM else -9)
    for thread in clients:
        thread.join()
    assert {answer.status for answer in answered} <= {201, 503}
    server.start()
    for answer in answered:
        if answer.status == 201:
            assert server.await_status(answer.json["orderId"], "SHIPPED")["items"] == answer.json["items"]
    server.assert_audit_clean()


def test_work_that_is_under_way_goes_on_after_a_restart(fresh_server):
    server = fresh_server
    ids = [server.hold() for _ in range(5)]
    server.restart()
    assert {server.order(order_id)["status"] for order_id in ids} == {"PENDING"}
    server.release()
    for order_id in ids:
        server.await_status(order_id, "SHIPPED")
        assert [e for e in server.events(order_id) if e != "WorkDeferred"] == LIFE
    server.assert_audit_clean()


def test_a_stop_does_not_wait_for_a_provider_that_never_answers(serve, tmp_path):
    access_log = tmp_path / "access.log"
    server = serve("--access-log", access_log)
    order_id = server.hold()
    assert server.stop() == 0
    assert '"status":201' in access_log.read_text()
    server.start()
    server.release()
    server.await_status(order_id, "SHIPPED")
    server.assert_audit_clean()


# Starting.

def refused(server):
    """Starts a server that must give up; what it says."""
    server.folder.mkdir(parents=True, exist_ok=True)
    server.spawn()
    assert server.wait(5.0) not in (0, -6, -11)
    return server.stderr


def test_a_second_process_on_the_same_data_is_refused(fresh_server, tmp_path):
    order_id = fresh_server.create(order_body())["orderId"]
    message = refused(Server(tmp_path / "second", data=fresh_server.data))
    assert str(fresh_server.data) in message and "another orderflow process" in message, message
    fresh_server.await_status(order_id, "SHIPPED")
    fresh_server.kill9()
    fresh_server.start()  # a dead process holds nothing


def test_a_port_in_use_is_a_clear_error(fresh_server, tmp_path):
    other = Server(tmp_path / "second", listen=f"127.0.0.1:{fresh_server.port}")
    message = refused(other)
    assert str(fresh_server.port) in message and "in use" in message.lower(), message


def test_a_data_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    message = refused(Server(tmp_path / "server", data=tmp_path / "file" / "data"))
    assert "file/data" in message, message


def test_a_file_that_is_not_a_database_is_a_clear_error(fresh_server):
    fresh_server.stop()
    for path in fresh_server.data.glob("*.db"):
        path.write_bytes(b"this is no database" * 1000)
    message = refused(fresh_server)
    assert "database" in message or ".db" in message, message


@pytest.mark.parametrize("descriptors", range(3, 64, 4))
def test_a_start_with_few_descriptors_is_a_clear_error(tmp_path, descriptors):
    server = Server(tmp_path, before_exec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors,) * 2))
    server.spawn()
    poll(lambda: server.process.poll() is not None or server.is_ready(), what="a start or its end")
    if server.process.poll() is None:
        assert server.create(order_body())
        assert server.stop() == 0
    else:
        assert server.process.returncode in (2, 127), "127: not even the program's libraries could be opened"
        if server.process.returncode == 2:
            assert "files can be opened" in server.stderr and server.stderr.count("\n") == 1, server.stderr
        assert not server.data.exists()


@pytest.mark.parametrize("file", ["orderflow.db", "simulated.db"])
def test_data_of_a_newer_version_is_refused_and_left_alone(fresh_server, file):
    fresh_server.stop()
    path = fresh_server.data / file
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert "newer" in refused(fresh_server)
    assert path.read_bytes() == before


def test_what_is_written_is_soon_in_the_database_itself(fresh_server):
    """Else the log grows, and every read of a page searches it first."""
    fresh_server.put_product("unmistakable", available=1)
    poll(lambda: b"unmistakable" in (fresh_server.data / "orderflow.db").read_bytes(), what="the copy of the log")


# Disk full.

class SmallDisk:
    """A tmpfs of 6 MB with a ballast: what a full disk is like."""

    def __init__(self, folder):
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
        mounted = subprocess.run(command, capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip("no tmpfs can be mounted here: " + mounted.stderr.strip())
        self.ballast.write_bytes(b"x" * 3_500_000)

    def before_exec(self):
        pass

    def give_space(self, server):
        self.ballast.unlink()

    def remove(self):
        subprocess.run(["umount", str(self.folder)], check=True)


class FileSizeLimit:
    """RLIMIT_FSIZE: no file may grow beyond it, until the limit is lifted."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def before_exec(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))

    def give_space(self, server):
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)

    def remove(self):
        pass


@pytest.fixture(params=[SmallDisk, FileSizeLimit], ids=["full disk", "file size limit"])
def disk(request, tmp_path):
    disk = request.param(tmp_path / "disk")
    yield disk
    disk.remove()


def test_disk_full(disk, tmp_path):
    with running(tmp_path, data=disk.folder / "data", before_exec=disk.before_exec) as server:
        acknowledged, refusals = fill_up(server)
        for answer in refusals:
            answer.problem(503)
            assert int(answer.headers["retry-after"]) > 0
        # Reads go on.
        assert server.get("/healthz").status == 200
        assert server.order(acknowledged[0])["orderId"] == acknowledged[0]
        assert server.list_page(limit=5)["orders"]

        disk.give_space(server)
        answer = poll(lambda: (a := server.post_order(order_body())).status == 201 and a, what="a 201 again")
        for order_id in [*acknowledged, answer.json["orderId"]]:
            server.await_status(order_id, "SHIPPED", deadline=60)
        assert set(acknowledged) <= {order["orderId"] for order in server.list_orders(limit=200)}
        server.assert_audit_clean()


def test_a_limit_of_file_sizes_is_a_full_disk_also_for_a_start(tmp_path):
    """ulimit -f: beyond it the kernel sends SIGXFSZ."""
    limit = [100 * 1024]

    def before_exec():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit[0], resource.RLIM_INFINITY))
    with running(tmp_path, before_exec=before_exec) as server:
        acknowledged, refusals = fill_up(server)
        assert all(answer.problem(503, "storage_full") for answer in refusals)
        for end in (server.stop, server.kill9):
            end()
            server.start()
            assert server.order(acknowledged[0])["orderId"] == acknowledged[0]
            assert server.post_order(order_body(metadata={"k": "x" * 512})).status in (201, 503)
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
        for order_id in acknowledged:
            server.await_status(order_id, "SHIPPED", deadline=60)
        server.assert_audit_clean()


# A lock that another process holds.

def test_while_another_process_holds_the_lock_requests_fail_together_and_soon(fresh_server):
    server, answers = fresh_server, []

    def post():
        answers.append(Client(server.port, timeout=60).request("POST", "/orders", order_body()))
    poll(lambda: server.get("/readyz").status == 200, what="readiness")
    with contextlib.closing(sqlite3.connect(server.data / "orderflow.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        clients = [threading.Thread(target=post) for _ in range(12)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        # SQLite waits for 5 s: for the first, and for all that came meanwhile.
        assert time.monotonic() - begin < 15
        assert [answer.status for answer in answers] == [503] * 12
        server.get("/readyz").problem(503)
        assert server.get("/healthz").status == 200
        other.execute("COMMIT")
    # Without another write.
    poll(lambda: server.get("/readyz").status == 200, what="readiness")
    server.await_status(server.create(order_body())["orderId"], "SHIPPED")


def test_a_full_disk_is_not_ready(disk, tmp_path):
    with running(tmp_path, data=disk.folder / "data", before_exec=disk.before_exec) as server:
        fill_up(server)
        server.get("/readyz").problem(503)
        disk.give_space(server)
        poll(lambda: server.get("/readyz").status == 200, what="readiness")


def fill_up(server):
    """Posts large orders until some are refused; the ids that were answered 201 and the refusals."""
    padding = {f"k{i}": "x" * 512 for i in range(40)}
    acknowledged, refusals = [], []
    end = time.monotonic() + 20
    while len(refusals) < 5:
        assert time.monotonic() < end, f"the disk did not fill up with {len(acknowledged)} orders"
        answer = server.post_order(order_body(metadata=padding))
        assert answer.status in (201, 503), answer
        if answer.status == 201:
            acknowledged.append(answer.json["orderId"])
        else:
            refusals.append(answer)
    return acknowledged, refusals
