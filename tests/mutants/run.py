"""Every mutant is caught within 2,000 seeds, by an invariant that its patch names; the program without
a mutant is not.

    run.py FOLDER [NAME...]   FOLDER holds the programs that CMakeLists.txt makes
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

SEEDS = 2_000
PATCHES = pathlib.Path(__file__).parent
NO_MUTANT = "none"


def named_invariants(name):
    """By which the mutant may be caught; empty for none."""
    if name == NO_MUTANT:
        return []
    line = re.search(r"^Caught by: (.+)$", (PATCHES / f"{name}.patch").read_text(), re.MULTILINE)
    return line[1].split(", ") if line else sys.exit(f"{name}.patch does not say what catches it")


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
    names = names or [NO_MUTANT, *sorted(patch.stem for patch in PATCHES.glob("*.patch"))]
    expected = [named_invariants(name) for name in names]
    wrong = []
    print(f"{'mutant':32} {'seed':>5}  what does not hold")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        all_found = pool.map(hunt, [pathlib.Path(folder) / name for name in names])
        for name, expects, found in zip(names, expected, all_found):
            seed, invariant, detail = found or ("-", "-", f"nothing in {SEEDS} seeds")
            right = invariant in expects if expects else found is None
            print(f"{name:32} {seed:>5}  {invariant}: {detail}", flush=True)
            if not right:
                wrong.append(f"{name}: expected {' or '.join(expects) or 'nothing'}")
    if wrong:
        sys.exit("\n".join(["Not as it should be:", *wrong]))


if __name__ == "__main__":
    main(*sys.argv[1:])
