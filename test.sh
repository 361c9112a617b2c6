#!/usr/bin/env bash
# All tests.
set -euo pipefail
cd "$(dirname "$0")"

preset=release
werror=()
[[ -n ${ORDERFLOW_WERROR:-} ]] && werror=("-DORDERFLOW_WERROR=$ORDERFLOW_WERROR")
case ${1:-} in
  --help | -h)
    cat <<'HELP'
Usage: ./test.sh [PRESET] [CTEST OPTION]...
       ./test.sh fuzz [SECONDS] [FUZZER]...

Installs what is missing, builds and runs all tests: unit, port contracts, end to end over HTTP, and
the crash test that kills the service 60 times under load.

  PRESET   release (the default), dev (AddressSanitizer and UndefinedBehaviorSanitizer) or tsan
  ./test.sh release -R e2e       only the tests whose name matches, as ctest takes it
  ORDERFLOW_WERROR=ON ./test.sh  warnings are errors, as in CI and always in dev
  ./test.sh fuzz 120 http        the fuzzers, or only these, with clang and libFuzzer, for 10 seconds
                                 each, or as many as are given
HELP
    exit 0
    ;;
  fuzz)
    shift
    scripts/install-packages.sh --fuzz
    echo "Building fuzz ..." >&2
    cmake --preset fuzz "${werror[@]}" >/dev/null
    cmake --build --preset fuzz >&2
    exec tests/fuzz/run.sh "$@"
    ;;
  release | dev | tsan)
    preset=$1
    shift
    ;;
esac

scripts/install-packages.sh --tests
echo "Building $preset ..." >&2
cmake --preset "$preset" -DORDERFLOW_TESTS=ON "${werror[@]}" >/dev/null
cmake --build --preset "$preset" >&2
ctest --preset "$preset" "$@"
