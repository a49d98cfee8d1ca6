#!/bin/sh
# Makes a Debian 13 in a folder, with nothing in it but the base system, and runs both commands of the README there.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh
. tests/fresh_root.sh

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
own_option() {
  case $1 in
    --no-tests) tests=no ;;
    --jobs) [ $# -gt 1 ] || die "--jobs needs a number"; COSIO_JOBS=$2; export COSIO_JOBS; words=2 ;;
    *[!a-z0-9]* | '') return 1 ;;
    *) suite=$1 ;;
  esac
}
read_options "$@"

need_root
own_namespace tests/debian13.sh "$@"

dir=$PWD/build/debian13

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

use_root "$suite"
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
