#!/usr/bin/env bash
# Checks the format of all C++ files, and src with clang-tidy's checks of .clang-tidy. CI runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  --help | -h)
    cat <<'HELP'
Usage: scripts/lint.sh [--fix | FILE...]

Checks every C++ file with clang-format 19, and src with clang-tidy 19 (some minutes). With --fix,
formats the files in place and checks nothing. With FILEs, checks only those with clang-tidy.
HELP
    exit 0
    ;;
esac

scripts/install-packages.sh --lint

mkdir -p build
git ls-files -z 'src/*.cc' 'src/*.h' 'tests/*.cc' 'tests/*.h' 'bench/*.cc' 'bench/*.h' >build/lint-files
if [[ ${1:-} == --fix ]]; then
  xargs -0 clang-format-19 -i <build/lint-files
  exit 0
fi

echo "Checking the format ..." >&2
if ! xargs -0 clang-format-19 --dry-run --Werror <build/lint-files; then
  echo "Run scripts/lint.sh --fix." >&2
  exit 1
fi

# The preset `fuzz` compiles with clang, so clang-tidy understands its commands.
cmake --preset fuzz >/dev/null
files=("$@")
if [[ ${#files[@]} -eq 0 ]]; then
  # Without tests, and without a file that is compiled only where python3 has botocore.
  mapfile -t files < <(git ls-files 'src/*.cc' | grep -Ev '_test\.cc$|/differential/')
fi
echo "Checking ${#files[@]} files with clang-tidy ..." >&2
# Which warnings are findings is .clang-tidy's to say, also where CI configured the build with -Werror.
printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P 2 clang-tidy-19 -p build/fuzz --quiet --extra-arg=-Wno-error
