#!/usr/bin/env bash
# Cold start, memory, size and CPU of the Lambda functions next to Python with boto3: builds, measures,
# prints a table and fails when a bar is missed. bench/aws/README.md explains the rows.
#   bench/aws/run.sh [--rounds N]
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ ! -f build/release/build.ninja ]]; then
  echo "Configuring the build ..." >&2
  cmake --preset release >/dev/null
fi
echo "Building ..." >&2
cmake --build --preset release --target bench_signed_call >&2
if [[ -z ${ORDERFLOW_BOOTSTRAP:-} ]]; then
  cmake --preset lambda >/dev/null
  cmake --build --preset lambda >&2
fi
exec python3 bench/aws/measure.py "$@"
