#!/usr/bin/env bash
# Builds the program of the Lambda functions and packs it. The same sources give the same zip, byte for
# byte, so that Terraform deploys only changes.
set -euo pipefail
cd "$(dirname "$0")/.."

output=build/lambda/orderflow-lambda.zip
bytes_max=$((4 * 1024 * 1024))

case ${1:-} in
  --help | -h)
    cat <<HELP
Usage: scripts/package-lambda.sh [OUTPUT]

Builds build/lambda/bootstrap and packs it into OUTPUT (default: $output). Prints the size and the
SHA-256 of the zip, in base64 as Terraform and Lambda write it.
HELP
    exit 0
    ;;
  '') ;;
  *) output=$1 ;;
esac

if ! command -v python3 >/dev/null; then
  echo "package-lambda.sh needs python3 to write the zip, and it is not installed." >&2
  exit 2
fi

cmake --preset lambda >/dev/null
cmake --build --preset lambda >&2

python3 - build/lambda/bootstrap "$output" "$bytes_max" <<'PACK'
import base64, hashlib, sys, zipfile

program, output, bytes_max = sys.argv[1], sys.argv[2], int(sys.argv[3])
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix: otherwise the mode is ignored
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with open(program, "rb") as file, zipfile.ZipFile(output, "w") as archive:
    archive.writestr(entry, file.read(), compresslevel=9)

with open(output, "rb") as file:
    content = file.read()
if len(content) > bytes_max:
    sys.exit(f"{output} has {len(content)} bytes; more than {bytes_max} would slow down every cold start")
digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
print(f"{output}: {len(content)} bytes, sha256 {digest}")
PACK
