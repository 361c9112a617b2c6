"""The files of a shop: who may use them beside the service, and what happens where one is lost, cannot be read or
cannot be written."""

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from harness import BINARY, Server, environment, order_body, poll, run_cli, running, unique

# The bytes that SQLite locks (https://sqlite.org/fileformat.html, "os_unix.c"): the shared range of a database
# file, and the "dead man switch" of the index of its log.
SHARED_RANGE = (0x40000002, 510)
DEAD_MAN_SWITCH = (128, 1)
DATABASES = ["orderflow.db", "simulated.db"]
NOBODY = 65534  # the user and the group with no rights of their own


def holds_lock(path, byte_range, pid):
    """Whether the process has a lock on the file that a writer would meet. Opens and closes the file, which may
    drop locks of this process only."""
    start, length = byte_range
    query = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    with open(path, "r+b") as file:
        kind, _, _, _, owner = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, query))
    return kind != fcntl.F_UNLCK and owner == pid


def deleted_files(pid):
    """Files that the process has open and that are no longer in any folder."""
    names = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.append(os.readlink(fd))
    return [name for name in names if name.endswith("(deleted)")]


def stopped_shop(server):
    """Leaves a shop with one shipped order, at rest; gives the order's id."""
    order_id = server.create(order_body())["orderId"]
    server.await_status(order_id, "SHIPPED")
    assert server.stop() == 0
    return order_id


def refused(server):
    """Starts a server that must give up; the one line that it says."""
    before = server.stderr if server.stderr_path.exists() else ""
    server.spawn()
    assert server.wait(15.0) == 2, server.stderr
    said = server.stderr.removeprefix(before)
    assert said.startswith("orderflow: ") and said.count("\n") == 1, said
    return said


# Other processes that look into the files.

def test_the_service_holds_its_locks_on_every_file_that_sqlite_has_open(fresh_server):
    server = fresh_server
    server.await_status(server.create(order_body())["orderId"], "SHIPPED")
    for name in DATABASES:
        assert holds_lock(server.data / name, SHARED_RANGE, server.process.pid), name
        assert holds_lock(server.data / f"{name}-shm", DEAD_MAN_SWITCH, server.process.pid), name


@pytest.mark.parametrize("name", DATABASES)
def test_looks_with_sqlite_under_load_corrupt_nothing(fresh_server, tmp_path, name):
    server, stop, ids = fresh_server, threading.Event(), []

    def load():
        while not stop.is_set():
            ids.append(server.create(order_body())["orderId"])
    loaders = [threading.Thread(target=load) for _ in range(3)]
    for loader in loaders:
        loader.start()
    try:
        for look in range(8):
            seen = len(ids)
            with contextlib.closing(sqlite3.connect(server.data / name, timeout=10)) as database:
                assert database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] > 0
                with contextlib.closing(sqlite3.connect(tmp_path / f"copy-{look}.db")) as copy:
                    database.backup(copy)
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            poll(lambda: len(ids) > seen + 20, what="orders while it is looked at")
            assert deleted_files(server.process.pid) == []
    finally:
        stop.set()
        for loader in loaders:
            loader.join()
    server.kill9()
    server.start()
    for order_id in ids:
        server.await_status(order_id, "SHIPPED")
    server.assert_audit_clean()


# Files that are lost.

def lose(data, name, how):
    for path in data.glob(name + "*"):
        path.unlink()
    if how == "emptied":
        (data / name).touch()
    elif how == "without tables":
        with contextlib.closing(sqlite3.connect(data / name)) as database:
            database.execute("CREATE TABLE t (a)")
            database.execute("DROP TABLE t")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("how", ["deleted", "emptied", "without tables"])
def test_a_lost_shop_is_not_begun_anew_beside_its_other_files(fresh_server, tmp_path, how):
    server = fresh_server
    stopped_shop(server)
    text = run_cli("export", "--data", server.data).stdout
    lose(server.data, "orderflow.db", how)
    before = contents(server.data)
    if how == "without tables":
        del before["orderflow.db"]  # it is opened to see that, which changes its header
    said = refused(server)
    assert str(server.data / "orderflow.db") in said and "simulated.db" in said and "begin a new shop" in said
    imported = run_cli("import", "--data", server.data, stdin=text)
    assert imported.returncode == 1 and "begin a new shop" in imported.stderr
    assert {k: v for k, v in contents(server.data).items() if k in before} == before
    # On purpose: the other files out of the way.
    lose(server.data, "simulated.db", "deleted")
    server.start()
    assert server.list_orders() == []


def test_the_log_of_a_lost_shop_is_kept(fresh_server):
    server = fresh_server
    server.create(order_body())
    server.kill9()
    log = server.data / "orderflow.db-wal"
    before = log.read_bytes()
    assert before
    for path in server.data.glob("*.db"):
        path.unlink()
    assert "orderflow.db-wal" in refused(server)
    assert log.read_bytes() == before


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_shop_without_the_books_of_the_sandbox_is_not_served_and_not_clean(fresh_server, tmp_path, how):
    server = fresh_server
    order_id = stopped_shop(server)
    lose(server.data, "simulated.db", how)
    audit = server.audit()
    assert audit.returncode == 2, audit
    assert audit.stdout.splitlines()[-1] == "audit: no violation found, but not checked: M5, E1"
    said = refused(server)
    assert str(server.data / "simulated.db") in said and "export" in said
    # What it says can be done.
    exported = run_cli("export", "--data", server.data)
    assert exported.returncode == 0, exported.stderr
    assert run_cli("import", "--data", tmp_path / "copy", stdin=exported.stdout).returncode == 0
    with running(tmp_path, data=tmp_path / "copy") as copy:
        assert copy.order(order_id)["status"] == "SHIPPED"


def test_errors_name_the_file(fresh_server):
    server = fresh_server
    stopped_shop(server)
    path = server.data / "orderflow.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    for command in ("audit", "export"):
        result = run_cli(command, "--data", server.data)
        assert result.returncode in (1, 2) and str(path) in result.stdout + result.stderr, result


@pytest.mark.parametrize("descriptors", [5, 6, 8, 10])
def test_commands_without_enough_descriptors_name_the_file(fresh_server, descriptors):
    stopped_shop(fresh_server)
    for command in ("audit", "export"):
        result = subprocess.run(["prlimit", f"--nofile={descriptors}", BINARY, command, "--data", fresh_server.data],
                                capture_output=True, text=True, timeout=30)
        assert result.returncode in (1, 2), result
        assert str(fresh_server.data) in result.stderr and "Too many open files" in result.stderr, result


# The admin token.

def write_token(data, text="a" * 32, mode=0o600):
    data.mkdir(mode=0o700, exist_ok=True)
    path = data / "admin-token"
    path.write_text(text + "\n")
    path.chmod(mode)
    return path


def test_a_token_that_a_link_does_not_find_is_not_replaced(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "admin-token").symlink_to(tmp_path / "not-mounted" / "token")
    said = refused(Server(tmp_path, data=data))
    assert str(data / "admin-token") in said and "No such file" in said
    assert (data / "admin-token").is_symlink()
    assert not (data / "admin-token.new").exists()


def test_a_token_that_is_a_link_is_followed(tmp_path):
    target = write_token(tmp_path / "mounted")
    data = tmp_path / "data"
    data.mkdir()
    (data / "admin-token").symlink_to(target)
    with running(tmp_path, data=data) as server:
        assert server.admin("GET", "/queues").status == 200
    assert (data / "admin-token").is_symlink()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602])
def test_a_token_that_others_can_use_is_refused(tmp_path, mode):
    path = write_token(tmp_path / "data", mode=mode)
    said = refused(Server(tmp_path))
    assert str(path) in said and "chmod 600" in said
    path.chmod(0o600)
    with running(tmp_path) as server:
        assert server.admin("GET", "/queues").status == 200


def test_a_folder_in_place_of_the_token_is_refused(tmp_path):
    (tmp_path / "data" / "admin-token").mkdir(parents=True, mode=0o700)
    assert "Is a directory" in refused(Server(tmp_path))


@pytest.mark.parametrize("plant", ["link", "file"])
def test_the_temporary_file_of_the_token_cannot_be_planted(tmp_path, plant):
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.write_text("mine\n")
    if plant == "link":
        (data / "admin-token.new").symlink_to(elsewhere)
    else:
        (data / "admin-token.new").write_text("x")
        (data / "admin-token.new").chmod(0o666)
    with running(tmp_path, data=data) as server:
        token = data / "admin-token"
        assert not token.is_symlink() and stat.S_IMODE(token.stat().st_mode) == 0o600
        assert server.admin("GET", "/queues").status == 200
    assert elsewhere.read_text() == "mine\n"


# Other users and read-only folders. Root may read and write everything, so these tests run the program
# as the user NOBODY.

@pytest.fixture
def open_folder():
    """A folder that other users can get to, which those of pytest are not."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(folder, *arguments):
    binary = folder / "orderflow"
    if not binary.exists():
        shutil.copy(BINARY, binary)
    return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary,
                           *map(str, arguments)], capture_output=True, text=True, timeout=60, env=environment())


def let_others_read(data):
    data.chmod(0o755)
    for path in data.iterdir():
        path.chmod(0o644)


def test_a_token_of_another_user_is_not_replaced(open_folder):
    data = open_folder / "data"
    path = write_token(data)
    os.chown(data, NOBODY, NOBODY)
    result = as_nobody(open_folder, "serve", "--data", data, "--listen", "127.0.0.1:0")
    assert result.returncode == 2, result
    assert str(path) in result.stderr and "Permission denied" in result.stderr and result.stderr.count("\n") == 1
    assert path.read_text() == "a" * 32 + "\n" and path.stat().st_uid == 0


def test_a_shop_at_rest_can_be_read_without_the_right_to_write_it(open_folder):
    with running(open_folder) as server:
        stopped_shop(server)
    data = open_folder / "data"
    expected = run_cli("export", "--data", data).stdout
    for path in data.glob("*-*m"):
        path.unlink()
    for path in data.glob("*-wal"):
        path.unlink()
    let_others_read(data)
    before = sorted(path.name for path in data.iterdir())
    audit = as_nobody(open_folder, "audit", "--data", data)
    assert audit.returncode == 0 and audit.stdout.endswith("audit: clean\n"), audit
    export = as_nobody(open_folder, "export", "--data", data)
    assert export.returncode == 0 and export.stdout == expected, export
    assert sorted(path.name for path in data.iterdir()) == before


def test_a_shop_that_is_not_at_rest_says_why_it_cannot_be_read(open_folder):
    with running(open_folder) as server:
        server.await_status(server.create(order_body())["orderId"], "SHIPPED")
        server.kill9()
        let_others_read(server.data)
        for name in ("orderflow.db-shm", "simulated.db-shm"):
            (server.data / name).unlink()
        for command in ("audit", "export"):
            result = as_nobody(open_folder, command, "--data", server.data)
            assert result.returncode in (1, 2), result
            assert "may not write the folder" in result.stderr and "as the user of the service" in result.stderr
            assert "too fast" not in result.stderr


def test_a_shop_that_cannot_be_read_says_why(open_folder):
    with running(open_folder) as server:
        stopped_shop(server)
    for mode in (0o755, 0o700):  # the files are private; then the folder is, too
        (open_folder / "data").chmod(mode)
        for command in ("audit", "export"):
            result = as_nobody(open_folder, command, "--data", open_folder / "data")
            assert result.returncode in (1, 2) and "Permission denied" in result.stderr, result


def test_a_read_only_mount_can_be_read(tmp_path):
    folder = tmp_path / "mount"
    with running(folder) as server:
        stopped_shop(server)
    mounted = subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip("nothing can be mounted here: " + mounted.stderr.strip())
    try:
        for command in ("audit", "export"):
            result = run_cli(command, "--data", folder / "data")
            assert result.returncode == 0, result
        said = run_cli("serve", "--data", folder / "data", "--listen", "127.0.0.1:0")
        assert said.returncode == 2 and "Read-only file system" in said.stderr, said
    finally:
        subprocess.run(["umount", folder], check=True)


# Where an export goes, and what an import makes.

@pytest.fixture
def shop(tmp_path):
    """A folder with a shop at rest."""
    with running(tmp_path / "shop") as server:
        stopped_shop(server)
    return server.data


def export_to(shop, output):
    return run_cli("export", "--data", shop, "--output", output)


def test_an_export_follows_links(shop, tmp_path):
    there, missing = tmp_path / "there.ndjson", tmp_path / "missing.ndjson"
    there.write_text("old\n")
    for target in (there, missing):
        link = tmp_path / f"link to {target.name}"
        link.symlink_to(target.name)  # relative
        assert export_to(shop, link).returncode == 0
        assert link.is_symlink() and not target.is_symlink()
        assert json.loads(target.read_text().splitlines()[-1])["type"] == "end"
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*.part*")) == []


def test_an_export_goes_into_a_pipe(shop, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    assert export_to(shop, pipe).returncode == 0
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    reader.join(10)
    assert read == [run_cli("export", "--data", shop).stdout]


def test_an_export_to_a_full_device_is_an_error_and_leaves_the_device(shop, tmp_path):
    device = tmp_path / "full"
    try:
        os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 7))
        device.open("ab").close()
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    result = export_to(shop, device)
    assert result.returncode == 1 and "No space left on device" in result.stderr, result
    assert stat.S_ISCHR(device.stat().st_mode)


def test_an_export_replaces_no_other_file(shop, tmp_path):
    other = tmp_path / "shop.ndjson.part"
    other.write_text("mine\n")
    assert export_to(shop, tmp_path / "shop.ndjson").returncode == 0
    assert other.read_text() == "mine\n"
    assert export_to(shop, tmp_path).returncode == 1, "a folder"
    assert export_to(shop, tmp_path / "nowhere" / "shop.ndjson").returncode == 1


@pytest.mark.parametrize("name", ["orderflow.db", "simulated.db", "orderflow.db-wal", "admin-token",
                                  "orderflow.lock"])
def test_nothing_is_written_over_the_files_of_the_shop(shop, tmp_path, name):
    (shop / name).touch()
    before = contents(shop)
    (tmp_path / "link").symlink_to(shop / name)
    for output in (shop / name, tmp_path / "link", os.path.relpath(shop / name), shop / ".." / shop.name / name):
        result = export_to(shop, output)
        assert result.returncode == 2 and "of the shop itself" in result.stderr, result
        said = run_cli("serve", "--data", shop, "--listen", "127.0.0.1:0", "--access-log", output)
        assert said.returncode == 2 and "of the shop itself" in said.stderr, said
    assert contents(shop) == before


def test_an_import_makes_private_folders_and_files(shop, tmp_path):
    text = run_cli("export", "--data", shop).stdout
    above = tmp_path / "above"
    assert run_cli("import", "--data", above / "data", stdin=text).returncode == 0
    for folder in (above, above / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in (above / "data").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
