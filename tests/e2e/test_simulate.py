"""`orderflow simulate`: the service in simulated worlds that fail."""

import subprocess

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


def test_a_seed_is_the_same_world_every_time():
    first, second = (simulate("--seed", "3", "--trace").stdout for _ in range(2))
    assert "hash " in first
    assert first == second


def test_bad_usage_is_2():
    done = simulate("--seed", "3", "--faults", "no-such-fault@commit:0:1")
    assert done.returncode == 2
    assert "--faults" in done.stderr
