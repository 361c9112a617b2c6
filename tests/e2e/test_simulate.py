"""`orderflow simulate`: the service in simulated worlds that fail."""

import signal
import subprocess

import pytest
from harness import BINARY


def simulate(*arguments):
    return subprocess.run([BINARY, "simulate", *arguments], capture_output=True, text=True,
                          timeout=120, check=False)


def test_fifty_worlds_are_clean_and_reported(tmp_path):
    report = tmp_path / "report.md"
    done = simulate("--seeds", "50", "--report", report)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "seeds 1 to 50: 50 worlds, 0 failed" in done.stdout
    assert "| crash-before |" in report.read_text()


@pytest.mark.parametrize("arguments, trace", [
    (("--seed", "3", "--trace"), "hash "),
    (("--disk", "--scenario", "ships", "--faults", "cut-torn@102", "--seed", "5"), "cut-torn 3\n")])
def test_a_seed_is_the_same_world_every_time(arguments, trace):
    first, second = (simulate(*arguments) for _ in range(2))
    for run in (first, second):
        assert run.returncode == 0 and trace in run.stdout, (run.returncode, run.stdout, run.stderr)
    assert first.stdout == second.stdout


def test_the_store_on_a_disk_that_lies_is_clean_and_reported():
    done = simulate("--disk", "--scenario", "cancelled-when-pending")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "1 scenarios, " in done.stdout
    assert " 0 failed" in done.stdout
    assert "faults: kill " in done.stdout


def test_ctrl_c_ends_a_run_on_the_disk_with_its_report():
    with subprocess.Popen([BINARY, "simulate", "--disk", "--seeds", "1000"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert " runs, 0 failed" in process.stderr.readline()  # the first line of progress
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "audited: " in output


@pytest.mark.parametrize("arguments", [
    ("--seed", "3", "--faults", "no-such-fault@commit:0:1"), ("--disk", "--trace"),
    ("--seed", "3", "--faults", "crash-after@authorize:0:9999"), ("--first", str(2**64 - 1), "--seeds", "2"),
    *[("--disk", *arguments) for arguments in (
        ("--scenario", "no-such"), ("--faults", "kill@1"), ("--scenario", "ships", "--faults", "no-such@1"),
        ("--scenario", "ships", "--faults", "kill"), ("--scenario", "ships", "--faults", "kill@9999"))]])
def test_bad_usage_is_2(arguments):
    done = simulate(*arguments)
    assert done.returncode == 2
    assert "orderflow simulate: " in done.stderr
