#!/usr/bin/env bash
# Installs the Debian packages that are missing, and says nothing where none is.
#   scripts/install-packages.sh          what building and running needs
#   scripts/install-packages.sh --lambda x86_64|arm64  only what building the program of the Lambda functions for
#                                        that architecture needs: on another one a cross compiler, and Debian's
#                                        packages of that architecture beside this machine's own
#   scripts/install-packages.sh --deploy  only the AWS CLI and python3, for deploy.sh
#   scripts/install-packages.sh --tests  and what the tests need besides
#   scripts/install-packages.sh --fuzz   and what the fuzzers need besides
#   scripts/install-packages.sh --lint   and what scripts/lint.sh needs besides
#   scripts/install-packages.sh --platforms  and what tests/platforms/run.sh needs besides
# shellcheck disable=SC2046  # boost_libraries prints several names
set -euo pipefail
cd "$(dirname "$0")"

packages=(g++ cmake ninja-build ccache libsqlite3-dev libssl-dev libfmt-dev libcli11-dev
          libgoogle-perftools-dev prometheus-cpp-dev zlib1g-dev libutf8proc-dev)
needs_boost=yes
foreign=  # ":arm64" where Boost and OpenSSL of that architecture are needed, not this machine's own
architecture=$(dpkg --print-architecture 2>/dev/null || true)
case ${1:-} in
  --lambda)
    packages=(cmake ninja-build ccache python3)
    case ${2:-} in
      arm64) target=arm64 compiler=g++-aarch64-linux-gnu ;;
      x86_64) target=amd64 compiler=g++-x86-64-linux-gnu ;;
      *) echo "install-packages.sh --lambda: x86_64 or arm64?" >&2 && exit 2 ;;
    esac
    if [[ $target == "$architecture" ]]; then compiler=g++; else foreign=:$target; fi
    packages+=("$compiler" "libssl-dev$foreign" "libutf8proc-dev$foreign")
    ;;
  --deploy)
    packages=(python3)
    needs_boost=
    command -v aws >/dev/null || packages+=(awscli)
    ;;
esac
[[ ${1:-} == --tests ]] && packages+=(libgtest-dev libgmock-dev librapidcheck-dev patch python3
                                      python3-pytest python3-yaml python3-jsonschema curl openssl mount)
# Debian's older clang, the default one, cannot compile the code.
[[ ${1:-} == --fuzz ]] && packages+=(clang-19 libclang-rt-19-dev)
[[ ${1:-} == --lint ]] && packages+=(clang-19 clang-format-19 clang-tidy-19)
[[ ${1:-} == --platforms ]] && packages+=(mmdebstrap debian-archive-keyring curl)

# DynamoDB Local and the SQS emulator (tests/aws) run on these; where they are from does not matter.
if [[ ${1:-} == --tests ]]; then
  command -v java >/dev/null || packages+=(default-jre-headless)
  command -v npm >/dev/null || packages+=(npm)
fi

boost_oldest=1.81
# A release's default Boost depends on packages with its version in their names (libboost-url1.83-dev).
boost_libraries() {
  printf '%s\n' "libboost$1-dev$foreign" "libboost-json$1-dev$foreign" "libboost-url$1-dev$foreign"
}

# A package may be installed for several architectures; NAME is that of this machine, NAME:ARCHITECTURE another.
installed() {
  local wanted=$architecture
  if [[ $1 == *:* ]]; then wanted=${1#*:}; fi
  dpkg-query -W -f '${db:Status-Status} ${Architecture}\n' "${1%:*}" 2>/dev/null |
    grep -qxE "installed ($wanted|all)"
}
# Apt also "shows" a package that others merely name, and then prints nothing.
offered() { [[ -n $(apt-cache show "$1" 2>/dev/null) ]]; }
all_are() {
  local package
  for package in "${@:2}"; do
    "$1" "$package" || return 1
  done
}
new_enough() { [[ $(printf '%s\n' "$boost_oldest" "$1" | sort -V | head -1) == "$boost_oldest" ]]; }

# Of the names of packages on stdin, the versions of Boost.URL, newest first: 1.83.
boost_versions() { sed -n 's/^libboost-url\([0-9][0-9.]*\)-dev$/\1/p' | sort -rV; }

boost_installed() {
  local version
  for version in $(dpkg-query -W -f '${Package}\n' 'libboost-url*-dev' 2>/dev/null | boost_versions | uniq); do
    new_enough "$version" && all_are installed $(boost_libraries "$version") && return
  done
  return 1
}

# The release's default Boost where it is new enough, otherwise the newest beside it.
boost_offered() {
  local version
  version=$(apt-cache show "libboost-url-dev$foreign" 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -1)
  if [[ -n $version ]] && new_enough "$version" && all_are offered $(boost_libraries ""); then
    boost_libraries ""
    return
  fi
  for version in $(apt-cache pkgnames libboost-url | boost_versions); do
    if new_enough "$version" && all_are offered $(boost_libraries "$version"); then
      boost_libraries "$version"
      return
    fi
  done
  return 1
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
boost_missing=
if [[ -n $needs_boost ]] && ! boost_installed; then boost_missing="Boost $boost_oldest or later"; fi
[[ -z $boost_missing && ${#missing[@]} -eq 0 ]] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "orderflow gets its packages with apt-get, which was not found here. README.md names the" \
       "systems that it runs on." >&2
  exit 2
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]} $boost_missing. Install them, or run this as root." >&2
    exit 2
  fi
  as_root=(sudo)
fi

if [[ -n $foreign ]] && ! dpkg --print-foreign-architectures | grep -qx "${foreign#:}"; then
  echo "Adding the packages of the architecture ${foreign#:} ..." >&2
  "${as_root[@]}" dpkg --add-architecture "${foreign#:}"
fi
echo "Updating the list of packages ..." >&2
./quietly.sh "${as_root[@]}" apt-get update -q
if [[ -n $boost_missing ]]; then
  if ! boost=$(boost_offered); then
    echo "orderflow needs $boost_missing; this system offers none. README.md names those that do." >&2
    exit 2
  fi
  mapfile -t -O "${#missing[@]}" missing <<<"$boost"
fi
echo "Installing ${missing[*]} ..." >&2
./quietly.sh "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends "${missing[@]}"
