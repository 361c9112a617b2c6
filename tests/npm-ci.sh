#!/usr/bin/env bash
# npm-ci.sh FOLDER TARGET WHAT: puts the pinned packages of FOLDER/package-lock.json into TARGET; says nothing
# when they are there. Needs npm and its registry, whichever npm is set up to use.
set -euo pipefail
folder=$1 target=$2 what=$3
quietly=$(cd "$(dirname "$0")/../scripts" && pwd)/quietly.sh

mkdir -p "$target"
cmp -s "$folder/package-lock.json" "$target/installed-lock.json" && exit
if ! command -v npm >/dev/null; then
  echo "npm (Node.js 18 or later) is needed for $what" >&2
  exit 2
fi
echo "Installing $what from npm ..." >&2
rm -rf "$target/node_modules" "$target/installed-lock.json"
cp "$folder/package.json" "$folder/package-lock.json" "$folder/.npmrc" "$target/"
(cd "$target" && "$quietly" npm ci)
cp "$folder/package-lock.json" "$target/installed-lock.json"
