#!/usr/bin/env bash
# tests/fuzz/run.sh [SECONDS] [FUZZER]...: runs each fuzzer for that long, a line each. What it finds
# that is new stays in build/fuzz/found/<name>; the corpora in the tree are only read.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-${ORDERFLOW_FUZZ_SECONDS:-20}}
shift || true
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
  for source in tests/fuzz/*_fuzz.cc; do names+=("$(basename "$source" _fuzz.cc)"); done
fi

# Runs one fuzzer; on a crash says which input and how to meet it again.
fuzz() {
  local name=$1 program=build/fuzz/tests/fuzz/$1_fuzz found=build/fuzz/found/$1
  local log=build/fuzz/$1.log dictionary=tests/fuzz/json.dict
  [[ $name == http || $name == target ]] && dictionary=tests/fuzz/http.dict
  mkdir -p "$found"
  rm -f "build/fuzz/$name-"*
  if ! "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -dict="$dictionary" -artifact_prefix="build/fuzz/$name-" \
      "$found" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    grep -E 'ERROR|SUMMARY|CHECK|runtime error|check' "$log" | head -5 >&2 || true
    local input
    for input in "build/fuzz/$name-"*; do
      [[ -e $input ]] || continue
      echo "$name failed on $(wc -c <"$input") bytes:" >&2
      head -c 512 "$input" | od -A d -c >&2
      echo "Again: $program $input" >&2
      echo "Once mended, keep it: cp $input tests/fuzz/corpus/$name/" >&2
    done
    return 1
  fi
  local runs new coverage
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -1)
  printf '%-16s %10s runs, coverage %5s, %5s new inputs\n' "$name" "$runs" "$coverage" "$new"
}

failed=0
for name in "${names[@]}"; do fuzz "$name" || failed=1; done
exit "$failed"
