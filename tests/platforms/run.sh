#!/usr/bin/env bash
# What README promises of a platform, on a fresh Debian in a folder: --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: tests/platforms/run.sh RELEASE [TEST.SH ARGUMENT]...

Makes a fresh root of that Debian release under build/platforms. In it, as on a new machine: runs README's
first command, places README's first order, waits until it is shipped, stops the service, and runs
./test.sh. It tests the last commit; changes that are not committed are left out. The root is removed at
the end.

  RELEASE            as apt names it: trixie, or testing
  TEST.SH ARGUMENT   what ./test.sh gets; by default `release -E '^crash$'`

The crash test is not run by default: it takes long, and tests the code, not the platform.

The Debian mirror, the settings and certificates of apt and npm, and the proxies are those of this
machine, which runs Debian too. Mounts and processes live in a namespace of their own and end with it.
Needs root, and free ports on loopback.
HELP
}

say() { printf '%s, %d:%02d: %s\n' "$release" $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }
fail() {
  echo "tests/platforms: $*" >&2
  exit 1
}

main() {
  case ${1:-} in
    --help | -h)
      usage
      exit
      ;;
    --inside)
      shift
      inside "$@"
      exit
      ;;
  esac
  [[ ${1:-} =~ ^[a-z]+$ ]] || { usage >&2 && exit 2; }
  [[ $(id -u) -eq 0 ]] || fail "this mounts and makes devices: run it as root"
  scripts/install-packages.sh --platforms

  mkdir -p build/platforms
  folder=$PWD/build/platforms/$1
  # Every process of the namespace holds the lock, too: it is free when the last of them has ended.
  exec 9>"$folder.lock"
  flock --nonblock 9 || fail "another run for $1 has not ended"
  rm -rf --one-file-system "$folder"
  mkdir "$folder"

  unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    tests/platforms/run.sh --inside "$folder" "$@" &
  local namespace=$!
  # unshare blocks SIGTERM. When it is killed, the kernel kills the namespace's first process, and with it
  # all others.
  trap 'kill -KILL "$namespace" 2>/dev/null || true; wait "$namespace" || true; exit 1' INT TERM
  trap 'rm -rf --one-file-system "$folder"' EXIT
  wait "$namespace"
}

# ---- The rest runs inside of the namespace ----------------------------------------------------------

inside() {
  folder=$1 release=$2
  root=$folder/root
  shift 2
  set_in_root
  make_root
  mount_devices
  git archive --prefix=orderflow/ HEAD | tar -x -C "$root/root"
  serve_one_order
  say "running the tests"
  [[ $# -gt 0 ]] || set -- release -E '^crash$'
  "${in_root[@]}" ./test.sh "$@"
  say "passed, with $("${in_root[@]}" g++ --version | head -1)"
}

# Where this machine's apt gets its own release.
mirror() {
  local codename
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }'
}

# Apt's settings for downloads; the others belong to the release.
apt_settings() {
  apt-config dump --no-empty | grep '^Acquire::' |
    grep -Ev '^Acquire::(IndexTargets|Changelogs|CompressionTypes|Languages|cdrom)' || true
}

# What the root has of this machine: access to apt's mirror and npm's registry.
copy_settings() {
  local to=$1 path
  # Certificates from /usr/local stay when the package ca-certificates comes; the bundle serves until then.
  for path in /etc/apt/auth.conf /etc/apt/auth.conf.d /usr/local/share/ca-certificates \
    /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf /etc/hosts \
    "${NODE_EXTRA_CA_CERTS:-}" "$(npm_setting cafile)"; do
    [[ -e $path ]] || continue
    mkdir -p "$to$(dirname "$path")"
    cp -rL --no-target-directory "$path" "$to$path"
  done
  mkdir -p "$to/root"
  for path in "$(npm_setting globalconfig)" "$(npm_setting userconfig)"; do
    [[ ! -f $path ]] || cat "$path" >>"$to/root/.npmrc"
  done
}

npm_setting() { npm config get "$1" 2>/dev/null || true; }

make_root() {
  local from
  from=$(mirror)
  [[ -n $from ]] || fail "this machine's apt has no source for its own release's main"
  say "making the root"
  apt_settings >"$folder/apt.conf"
  copy_settings "$folder/settings"
  # The root is thrown away: dpkg need not sync its files to the disk.
  scripts/quietly.sh mmdebstrap --variant=apt --aptopt="$folder/apt.conf" --dpkgopt=force-unsafe-io \
    --setup-hook="cp -r '$folder/settings/.' \"\$1/\"" "$release" "$root" "$from"
  # mmdebstrap removes its own copies of these at the end.
  cp "$folder/settings/etc/resolv.conf" "$folder/settings/etc/hosts" "$root/etc/"
}

# Devices of its own: nothing of this machine's /dev is mounted, so nothing can be removed from it.
mount_devices() {
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  local device name major minor
  for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$device"
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
}

# "${in_root[@]}" COMMAND... runs it in the checkout, with a new machine's environment and the proxies and
# npm's settings of this one. An array, so that a command in the background has the process id of $!.
set_in_root() {
  in_root=(chroot "$root" env -i -C /root/orderflow HOME=/root
           PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  local variable
  for variable in $(compgen -e); do
    case ${variable,,} in
      http_proxy | https_proxy | no_proxy | npm_config_* | node_extra_ca_certs)
        in_root+=("$variable=${!variable}")
        ;;
    esac
  done
}

# README's first command and its first order, from a build on a new machine to the stop of the service.
serve_one_order() {
  local log=$folder/serve.log address order
  say "./run.sh"
  "${in_root[@]}" ./run.sh --listen 127.0.0.1:0 >"$log" 2>&1 &
  local service=$!
  wait_for 1500 "the service" address_of "$service" "$log"
  address=$found
  say "serves $address"
  order=$(request -X POST "$address/orders" -H 'Content-Type: application/json' -d "$(readme_order)" |
    sed -n 's/.*"orderId":"\([^"]*\)".*/\1/p')
  [[ -n $order ]] || fail "README's first order was not taken"
  wait_for 30 "the order" shipped "$service" "$address/orders/$order"
  kill -TERM "$service"
  wait "$service" || fail "the service ended with status $? after SIGTERM"
  say "shipped README's first order, and stopped"
}

# wait_for SECONDS WHAT CHECK PROCESS ARGUMENT: until the check prints something, which is then $found.
wait_for() {
  local end=$((SECONDS + $1))
  until found=$("$3" "$5") && [[ -n $found ]]; do
    if ! kill -0 "$4" 2>/dev/null || ((SECONDS > end)); then
      tail -n 40 "$folder/serve.log" >&2
      fail "$2 is not there after at most $1 seconds"
    fi
    sleep 0.2
  done
}

address_of() { sed -n 's/^orderflow listens on //p' "$1"; }
shipped() { request "$1" | grep -o '"status":"SHIPPED"' || true; }
request() { curl --silent --show-error --noproxy '*' --max-time 10 "$@"; }
readme_order() { sed -n "s/^ *-d '\(.*\)'\$/\1/p" README.md | head -1; }

cd "$(dirname "$0")/../.."
main "$@"
