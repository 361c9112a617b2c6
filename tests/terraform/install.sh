#!/usr/bin/env bash
# Puts the pinned packages of package-lock.json into build/terraform/packages; says nothing when they
# are there. Needs npm and its registry, whichever npm is set up to use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$here/../../build/terraform/packages

mkdir -p "$packages"
if cmp -s "$here/package-lock.json" "$packages/installed-lock.json"; then
  exit 0
fi
if ! command -v npm >/dev/null; then
  echo "terraform tests: npm (Node.js 18 or later) is needed for the schema of the AWS provider" >&2
  exit 1
fi
echo "Installing the AWS provider's schema from npm (once, 400 MB unpacked) ..." >&2
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$packages/"
(cd "$packages" && "$here/../../scripts/quietly.sh" npm ci)
cp "$here/package-lock.json" "$packages/installed-lock.json"
