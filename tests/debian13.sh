#!/bin/sh
# Makes a Debian 13 in a folder, with nothing in it but the base system, and runs both commands of the README there.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/debian13.sh [options] [suite]

  suite         trixie (default: Debian 13), bookworm (Debian 12), sid
  --no-tests    the chat only
  --keep        leave the system in build/debian13/<suite>
  --jobs N      compilers and tests at once; otherwise what processors and memory allow
  --mirror URL  of Debian packages; otherwise what this machine's apt uses

Needs root, debootstrap, curl, git and unshare. The committed state is tried, not what is changed in the working tree.
How the network is reached is taken over from this machine: mirror and proxy of apt, proxy variables, settings of npm,
certificates of its own authorities. Output goes to build/debian13/<suite>.<step>.log.
END
}

suite=trixie
tests=yes
keep=no
mirror=''
while [ $# -gt 0 ]; do
  case $1 in
    --no-tests) tests=no ;;
    --keep) keep=yes ;;
    --jobs) [ $# -gt 1 ] || die "--jobs needs a number"; COSIO_JOBS=$2; export COSIO_JOBS; shift ;;
    --mirror) [ $# -gt 1 ] || die "--mirror needs a URL"; mirror=$2; shift ;;
    -h | --help) usage; exit ;;
    *[!a-z0-9]* | '') usage >&2; exit 2 ;;
    *) suite=$1 ;;
  esac
  shift
done

[ "$(id -u)" = 0 ] || die "Run this as root: it makes a file system of devices and changes into it."
for command in debootstrap curl git unshare; do
  has_command "$command" || die "Missing: $command (apt-get install debootstrap curl git util-linux)."
done

# Mounts and processes live in namespaces of their own: whatever ends this script, the kernel removes both.
if [ "${COSIO_IN_NAMESPACE-}" != yes ]; then
  set -- "$suite"
  [ "$tests" = yes ] || set -- --no-tests "$@"
  [ "$keep" = no ] || set -- --keep "$@"
  [ -z "$mirror" ] || set -- --mirror "$mirror" "$@"
  exec unshare --mount --pid --fork --kill-child --mount-proc env COSIO_IN_NAMESPACE=yes sh tests/debian13.sh "$@"
fi

dir=$PWD/build/debian13
root=$dir/$suite
summary=''

clean_up() {
  umount -R "$root/dev" 2>/dev/null || true
  umount "$root/proc" 2>/dev/null || true
  for mounted in "$root/dev" "$root/proc"; do
    ! mountpoint -q "$mounted" || die "Still mounted: $mounted. Nothing is removed."
  done
  rm -rf "$root"
}
at_end() {
  if [ $$ = 1 ]; then kill -KILL -1 2>/dev/null || true; fi  # all processes of the namespace but this one
  if [ "$keep" = yes ]; then say "Left: $root" && return; fi
  clean_up
}

took() {
  summary="$summary
  $1: $(($(date +%s) - $2)) s${3+, $3}"
}

# The addresses that this machine's apt has: of the archive, and of its security updates.
# shellcheck disable=SC2016  # apt's fields
archives() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u; }

make_root() {
  [ -n "$mirror" ] || mirror=$(archives | grep -v security | head -n 1)
  [ -n "$mirror" ] || die "This machine's apt names no mirror: use --mirror."
  # debootstrap knows proxies by the environment only.
  if [ -z "${http_proxy-}" ]; then eval "$(apt-config shell http_proxy Acquire::http::Proxy)"; fi
  if [ -n "${http_proxy-}" ]; then export http_proxy; fi
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"

  security=$(archives | grep security | head -n 1)
  {
    echo "deb $mirror $suite main"
    if [ "$suite" != sid ]; then
      echo "deb $mirror $suite-updates main"
      [ -z "$security" ] || echo "deb $security $suite-security main"
    fi
  } >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|Retries|ForceIPv[46])\b' >"$root/etc/apt/apt.conf.d/90host" || true
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  cat /etc/hosts >"$root/etc/hosts"

  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  for certificate in /usr/local/share/ca-certificates/*.crt; do
    if [ -f "$certificate" ]; then cp -L "$certificate" "$root/usr/local/share/ca-certificates"; fi
  done
  chroot "$root" update-ca-certificates

  mkdir "$root/cosio"
  git archive HEAD | tar -x -C "$root/cosio"
}

# inside command...: becomes that command in the new system. Its environment has only what the network needs.
# shellcheck disable=SC2016  # the inner shell's
inside() {
  set -- chroot "$root" sh -c 'cd /cosio && exec "$@"' sh "$@"
  set -- NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$@"
  for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' |
    grep -iE '^((https?|ftp|all|no)_proxy|npm_config_.*|cosio_jobs)$'); do
    eval "set -- \"$name=\$$name\" \"\$@\""
  done
  if has_command npm; then
    for setting in registry proxy https-proxy noproxy; do
      value=$(npm config get "$setting" 2>/dev/null)
      case $value in '' | null | undefined) ;; *) set -- "npm_config_$(echo "$setting" | tr - _)=$value" "$@" ;; esac
    done
  fi
  exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# step name command...: with its time; what it writes goes to a file
step() {
  name=$1
  log=$dir/$suite.$(echo "$1" | tr ' ' _).log
  shift
  say "=== $name ($log)"
  begun=$(date +%s)
  ("$@") >"$log" 2>&1 &  # a shell goes on after errors in a command that stands in a condition
  wait $! || failed "$name" "$log"
}
failed() {
  tail -n 40 "$2"
  die "=== failed: $1 (all of it: $2)"
}
nothing_to_do() {
  if grep -q 'Installing what is missing' "$2"; then failed "$1: it installs again" "$2"; fi
  grep -q '^ninja: no work to do' "$2" || failed "$1: it compiles again" "$2"
}

# answers path pattern: whether the chat answers so
answers() { curl -fsS "$address$1" | grep -ci "$2" >/dev/null; }

# chat name: starts it, asks for page, client and handshake, and ends it as Ctrl-C does
chat() {
  log=$dir/$suite.$(echo "$1" | tr ' ' _).log
  say "=== $1 ($log)"
  begun=$(date +%s)
  (inside sh apps/run.sh --port 0) >"$log" 2>&1 &
  pid=$!
  address=''
  while [ -z "$address" ]; do
    kill -0 "$pid" 2>/dev/null || failed "$1" "$log"
    sleep 0.2
    address=$(sed -n 's/^listening on //p' "$log")
  done
  took "$1" "$begun" 'until it listens'
  answers / '<html' || failed "$1: no page" "$log"
  answers /socket.io/socket.io.js 'Socket.IO' || failed "$1: no browser client" "$log"
  answers '/socket.io/?EIO=4&transport=polling' '^0{"sid":' || failed "$1: no handshake" "$log"
  kill -INT "$pid"
  wait "$pid" || failed "$1: ended with an error" "$log"
}

tests() {
  step 'tests' inside sh tests/run.sh
  took 'tests' "$begun" "$(grep 'tests passed' "$log")"
  step 'tests again' inside sh tests/run.sh -R '^base:'
  nothing_to_do "$name" "$log"
  took 'tests again' "$begun" 'of one floor only'
}

versions() {
  # shellcheck disable=SC2016  # dpkg-query's fields
  inside dpkg-query -W -f='  ${Package} ${Version}\n' g++ cmake libboost-dev nodejs catch2 chromium 2>/dev/null
}

mkdir -p "$dir"
clean_up
trap at_end EXIT
trap 'exit 130' INT TERM

step 'base system' make_root
took 'base system' "$begun"
chat 'chat'
chat 'chat again'
nothing_to_do 'chat again' "$log"
[ "$tests" = no ] || tests
# A scan for modules leaves files of this kind. The consumer's project is not ours to set.
scanned=$(find "$root/cosio/build" -path '*/consumer/*' -prune -o -name '*.ddi' -print)
[ -z "$scanned" ] || die "Sources were scanned for modules: $scanned"
say "=== all passed: Debian $(cat "$root/etc/debian_version")$summary"
(versions) || true  # without the tests there is no Catch2
