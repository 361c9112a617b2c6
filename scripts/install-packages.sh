#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are missing, and says nothing where none is.
#   scripts/install-packages.sh          what building and running needs
#   scripts/install-packages.sh --tests  and what the tests need besides
#   scripts/install-packages.sh --fuzz   and what the fuzzers need besides
set -euo pipefail

packages=(g++ cmake ninja-build ccache libsqlite3-dev libssl-dev libfmt-dev libcli11-dev
          libgoogle-perftools-dev prometheus-cpp-dev zlib1g-dev)
[[ ${1:-} == --tests ]] && packages+=(libgtest-dev libgmock-dev librapidcheck-dev patch python3
                                      python3-pytest python3-yaml python3-jsonschema)
# Debian's older clang, the default one, can not compile the code.
[[ ${1:-} == --fuzz ]] && packages+=(clang-19 libclang-rt-19-dev)

# DynamoDB Local and the SQS emulator (tests/aws) run on these; where they are from does not matter.
if [[ ${1:-} == --tests ]]; then
  command -v java >/dev/null || packages+=(default-jre-headless)
  command -v npm >/dev/null || packages+=(npm)
fi

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
# Boost 1.81 or later: Debian 12 has 1.81 beside its default 1.74, later releases have a newer default.
boost_installed=no
for version in 1.81 1.83 1.88; do
  if installed "libboost$version-dev" && installed "libboost-json$version-dev" &&
     installed "libboost-url$version-dev"; then
    boost_installed=yes
  fi
done
[[ $boost_installed == yes && ${#missing[@]} -eq 0 ]] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "orderflow builds on Debian and Ubuntu; apt-get was not found here." >&2
  exit 2
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]:-Boost 1.81 or later}. Install them, or run this as root." >&2
    exit 2
  fi
  as_root=(sudo)
fi

echo "Updating the list of packages ..." >&2
"${as_root[@]}" apt-get update -qq
if [[ $boost_installed == no ]]; then
  boost=()
  for version in 1.81 1.83 1.88; do
    # It also "shows" a package that others merely name, and then prints nothing.
    if [[ -n $(apt-cache show "libboost-json$version-dev" 2>/dev/null) ]]; then
      boost=("libboost$version-dev" "libboost-json$version-dev" "libboost-url$version-dev")
      break
    fi
  done
  if [[ ${#boost[@]} -eq 0 ]]; then
    echo "orderflow needs Boost 1.81 or later; this system offers none. Use Debian 12 or Ubuntu 24.04," \
         "or later." >&2
    exit 2
  fi
  missing+=("${boost[@]}")
fi
echo "Installing ${missing[*]} ..." >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
