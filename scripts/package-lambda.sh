#!/usr/bin/env bash
# Builds the program of the Lambda functions and packs it. The same sources give the same zip, byte for
# byte, so that Terraform deploys only changes.
set -euo pipefail
cd "$(dirname "$0")/.."

bytes_max=$((4 * 1024 * 1024))
case $(uname -m) in
  aarch64 | arm64) machine_architecture=arm64 ;;
  *) machine_architecture=x86_64 ;;
esac
architecture=arm64 output=''

fail() {
  echo "package-lambda.sh: $*" >&2
  exit 2
}

read_options() {
  while (($#)); do
    case $1 in
      --help | -h)
        cat <<'HELP'
Usage: scripts/package-lambda.sh [--architecture ARCH] [OUTPUT]

Builds the program `bootstrap` of the Lambda functions and packs it into OUTPUT (default:
build/lambda/orderflow-lambda-ARCH.zip). Prints the size and the SHA-256 of the zip, in base64 as Terraform
and Lambda write it.

  --architecture ARCH  arm64 (the default) or x86_64; each is built on either

On Debian it installs what is missing: a compiler, CMake, Boost, OpenSSL, and for another architecture than
this machine's its cross compiler and its packages. Elsewhere the build runs in a container of Debian, with
docker, podman or buildah (Containerfile).
HELP
        exit 0
        ;;
      --architecture)
        (($# > 1)) || fail "--architecture needs arm64 or x86_64"
        architecture=$2
        shift
        ;;
      -*) fail "unknown option $1; --help lists them" ;;
      *) output=$1 ;;
    esac
    shift
  done
  [[ $architecture == arm64 || $architecture == x86_64 ]] || fail "--architecture must be arm64 or x86_64"
  output=${output:-build/lambda/orderflow-lambda-$architecture.zip}
}

# Sets `folder`, which has the program.
build() {
  local options=(--preset lambda)
  folder=build/lambda
  if [[ $architecture != "$machine_architecture" ]]; then
    folder=build/lambda-$architecture
    options+=(-B "$folder" --toolchain cmake/debian_cross.cmake
      -DORDERFLOW_CROSS="${architecture/arm64/aarch64}")
  fi
  cmake "${options[@]}" >/dev/null
  cmake --build "$folder" --target bootstrap --parallel 2 >&2
}

pack() {
  mkdir -p "$(dirname "$output")"
  python3 - "$folder/bootstrap" "$output" "$bytes_max" "$architecture" <<'PACK'
import base64, hashlib, sys, zipfile

program, output, bytes_max, architecture = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
with open(program, "rb") as file:
    code = file.read()
# e_machine of the ELF header.
machine = {62: "x86_64", 183: "arm64"}.get(int.from_bytes(code[18:20], "little")) if code[:4] == b"\x7fELF" else None
if machine != architecture:
    sys.exit(f"{program} is not a program for {architecture}: remove its folder, and build again")
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix: otherwise the mode is ignored
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile(output, "w") as archive:
    archive.writestr(entry, code, compresslevel=9)

with open(output, "rb") as file:
    content = file.read()
if len(content) > bytes_max:
    sys.exit(f"{output} has {len(content)} bytes; more than {bytes_max} would slow down every cold start")
digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
print(f"{output}: {len(content)} bytes, sha256 {digest}")
PACK
}

# In a container this script runs again. The image's last stage has nothing but the zip.
build_in_container() {
  local engine found='' folder=build/lambda/container
  for engine in docker podman buildah; do
    if command -v "$engine" >/dev/null; then found=$engine && break; fi
  done
  [[ -n $found ]] || fail "the program is built on Debian, or in a container of it: this is not Debian, and neither" \
    "docker nor podman nor buildah is installed"
  echo "Building in a container, with $found ..." >&2
  DOCKER_BUILDKIT=1 "$found" build --file Containerfile --build-arg "ARCHITECTURE=$architecture" \
    --output "type=local,dest=$folder" . >&2 || fail "$found could not build the zip"
  mkdir -p "$(dirname "$output")"
  mv "$folder/orderflow-lambda.zip" "$output"
  echo "$output: $(wc -c <"$output") bytes"
}

read_options "$@"
if command -v apt-get >/dev/null; then
  scripts/install-packages.sh --lambda "$architecture"
  build
  pack
else
  build_in_container
fi
