#!/usr/bin/env bash
# tests/fuzz/run.sh [SECONDS] [FUZZER]...: runs each fuzzer, or only these, for that long (10), a line
# each. What it finds that is new stays in build/fuzz/found/<name>; the corpora in the tree are only
# read.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=10
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
  for source in tests/fuzz/*_fuzz.cc; do names+=("$(basename "$source" _fuzz.cc)"); done
fi

# Says what failed, on which input, and how to meet it again.
report() {
  local name=$1 program=$2 log=$3 input
  echo "$name failed, see $log:" >&2
  grep -E 'CHECK|ERROR|SUMMARY|runtime error' "$log" | head -5 >&2 || true
  for input in "build/fuzz/$name-"*; do
    [[ -e $input ]] || continue
    echo "on these $(wc -c <"$input") bytes:" >&2
    head -c 512 "$input" | od -A d -c >&2
    echo "Again: $program $input" >&2
    echo "Once mended, keep it: cp $input tests/fuzz/corpus/$name/" >&2
  done
}

fuzz() {
  local name=$1 program=build/fuzz/tests/fuzz/$1_fuzz found=build/fuzz/found/$1
  local log=build/fuzz/$1.log dictionary=tests/fuzz/json.dict
  if [[ ! -x $program ]]; then
    echo "There is no fuzzer $name." >&2
    return 2
  fi
  [[ $name == http || $name == target ]] && dictionary=tests/fuzz/http.dict
  mkdir -p "$found"
  rm -f "build/fuzz/$name-"*
  if ! "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -dict="$dictionary" -artifact_prefix="build/fuzz/$name-" \
      "$found" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    report "$name" "$program" "$log"
    return 1
  fi
  local runs coverage
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -1)
  printf '%-16s %10s runs, coverage %5s\n' "$name" "$runs" "$coverage"
}

failed=0
for name in "${names[@]}"; do fuzz "$name" || failed=1; done
exit "$failed"
