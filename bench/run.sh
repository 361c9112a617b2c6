#!/usr/bin/env bash
# The benchmark: builds, measures, prints a table and fails when a bar is missed.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  cat <<'HELP'
Usage: bench/run.sh [--quick] [--rounds N] [--seconds N] [--folder DIR]

Builds the release binary, loads it over loopback with a million orders already stored, prints a
table and writes it to bench/results.md. Fails when a bar is missed. Takes about ten minutes and
4 GB of disk.

  --quick        50,000 orders stored and short runs: checks that it works, not how fast it is. No bars,
                 no bench/results.md
  --rounds N     how often everything is measured; the medians count (5)
  --seconds N    how long each load is measured (4)
  --folder DIR   where the shops are; must be on a real disk (build/bench-data)

bench/README.md explains each row.
HELP
  exit 0
fi

if [[ ! -f build/release/build.ninja ]]; then
  echo "Configuring the build ..." >&2
  cmake --preset release >/dev/null
fi
echo "Building ..." >&2
cmake --build --preset release --target orderflow bench_load bench_baseline bench_fill >&2
exec python3 bench/measure.py "$@"
