"""Every mutant is caught within 2,000 seeds, by an invariant that its patch names; the program without
a mutant is not.

    run.py FOLDER [NAME...]   FOLDER holds the programs that CMakeLists.txt makes
"""

import pathlib
import re
import subprocess
import sys
import time

SEEDS = 2_000
PATCHES = pathlib.Path(__file__).parent


def named_invariants(patch):
    line = re.search(r"^Caught by: (.+)$", patch.read_text(), re.MULTILINE)
    return line[1].split(", ") if line else []


def hunt(program):
    """(seed, invariant, detail), or None where nothing was found."""
    answer = subprocess.run([program, str(SEEDS)], capture_output=True, text=True, check=False)
    found = re.match(r"seed (\d+): (\w+): (.*)", answer.stdout)
    if answer.returncode == 0 and found:
        detail = answer.stderr.strip().split("\n")[-1] if found[2] == "CHECK" else found[3]
        return int(found[1]), found[2], detail
    if answer.returncode == 1 and answer.stdout.startswith("none in"):
        return None
    sys.exit(f"{program} failed: {answer.returncode}\n{answer.stdout}{answer.stderr}")


def main(folder, *names):
    wrong = []
    print(f"{'mutant':32} {'seeds':>6} {'seconds':>7}  what does not hold")
    for name in names or ["none", *sorted(p.stem for p in PATCHES.glob("*.patch"))]:
        expected = [] if name == "none" else named_invariants(PATCHES / f"{name}.patch")
        started = time.monotonic()
        found = hunt(pathlib.Path(folder) / name)
        seconds = time.monotonic() - started
        seed, invariant, detail = found or (SEEDS, "-", "nothing was found")
        right = invariant in expected if name != "none" else found is None
        print(f"{name:32} {seed:6} {seconds:7.1f}  {invariant}: {detail}"
              + ("" if right else f"   <- WRONG, expected {' or '.join(expected) or 'nothing'}"),
              flush=True)
        if not right:
            wrong.append(name)
    if wrong:
        sys.exit(f"Not as it should be: {', '.join(wrong)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
