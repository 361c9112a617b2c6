#!/usr/bin/env bash
# Builds orderflow if necessary, and starts it.
set -euo pipefail
cd "$(dirname "$0")"

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  cat <<'HELP'
Usage: ./run.sh [OPTION]...

Installs what is missing (Debian packages, with sudo where needed), builds orderflow and
serves http://127.0.0.1:8080 with its data in ./data, until Ctrl-C. Options go to `orderflow serve`:

  --data DIR                 another data folder
  --listen ADDRESS:PORT      another address
  --host NAME                a name that clients use beside localhost
  --unknown-sku reject       take orders only for what is in the catalogue
  --payment-latency MS       delay the answers of the sandbox's payment provider
  --access-log FILE          log every request; - is stdout

  ./build/release/orderflow serve --help    all of them
  ./build/release/orderflow --help          audit, export, import
  ./test.sh                                 all tests
HELP
  exit 0
fi

scripts/install-packages.sh
if [[ ! -f build/release/build.ninja ]]; then
  echo "Configuring the build ..." >&2
  cmake --preset release >/dev/null
fi
echo "Building (the first time takes a few minutes) ..." >&2
cmake --build --preset release --target orderflow >&2
cat >&2 <<'HINT'

Try, in another terminal (at the address below):
  curl -X POST http://127.0.0.1:8080/orders -H 'Content-Type: application/json' \
    -d '{"customerEmail": "test@example.com", "items": [{"name": "Widget", "price": 29.99, "quantity": 2}]}'
  curl http://127.0.0.1:8080/orders/<orderId>/timeline
Ctrl-C stops it. ./run.sh --help lists the options.

HINT
exec build/release/orderflow serve "$@"
