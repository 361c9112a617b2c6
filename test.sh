#!/usr/bin/env bash
# All tests.
set -euo pipefail
cd "$(dirname "$0")"

preset=release
configure=() # what the cases below add to the configuration
werror=()
[[ -n ${ORDERFLOW_WERROR:-} ]] && werror=("-DORDERFLOW_WERROR=$ORDERFLOW_WERROR")

# build PRESET [OPTION]...: configures with the tests and builds; the options are those of cmake --build.
build() {
  scripts/install-packages.sh --tests
  echo "Building $1 ..." >&2
  cmake --preset "$1" -DORDERFLOW_TESTS=ON "${configure[@]}" "${werror[@]}" >/dev/null
  cmake --build --preset "$@" >&2
}

case ${1:-} in
  --help | -h)
    cat <<'HELP'
Usage: ./test.sh [PRESET] [CTEST OPTION]...
       ./test.sh fuzz [SECONDS] [FUZZER]...
       ./test.sh mutants [MUTANT]...

Installs what is missing, builds and runs all tests: unit, port contracts, end to end over HTTP, and
the crash test that kills the service 60 times under load.

  PRESET   release (the default), dev (AddressSanitizer and UndefinedBehaviorSanitizer) or tsan
  ./test.sh release -R e2e       only the tests whose name matches, as ctest takes it
  ORDERFLOW_WERROR=ON ./test.sh  warnings are errors, as in CI and always in dev
  ./test.sh fuzz 120 http        the fuzzers, or only these, with clang and libFuzzer, for 10 seconds
                                 each, or as many as are given
  ./test.sh mutants              the simulator finds each of the bugs of tests/mutants
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
  mutants)
    shift
    configure=(-DORDERFLOW_MUTANTS=ON)
    build release --target mutants
    exec /usr/bin/python3 tests/mutants/run.py build/release/mutants "$@"
    ;;
  release | dev | tsan)
    preset=$1
    shift
    ;;
esac

build "$preset"
ctest --preset "$preset" "$@"
