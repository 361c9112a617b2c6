#!/usr/bin/env bash
# scripts/quietly.sh COMMAND [ARGUMENT]...
# Runs the command without its output. Where it fails, prints the last lines of that output and ends
# with the command's status.
set -euo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
"$@" >"$log" 2>&1 </dev/null || status=$?
if [[ $status -ne 0 ]]; then
  tail -n 25 "$log" >&2
  echo "This failed with status $status: $*" >&2
fi
exit "$status"
