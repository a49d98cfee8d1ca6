#!/bin/sh
# Faults of a cluster that take longer than tests may: failovers, connections that are gone without a word, networks that
# fail; and the short ones once more, over every wire.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/faults.sh [--no-install] [--no-build] [--rounds N] [wire...]

  --no-install   do not install packages, use what is there
  --no-build     take what build/dev has
  --rounds       how often all of it is done (1)
  wire           of: classic, sharded, streams, postgres (all of them)

Starts brokers and servers of its own on free ports. Networks that fail need root. A round takes about six minutes.
END
}

install=yes
build=yes
rounds=1
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --no-build) build=no ;;
    --rounds) rounds=$2; shift ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || set -- classic sharded streams postgres

if [ "$install" = yes ]; then
  need_build
  need_node
  need_brokers
  need_command ip iproute2
  install_needed
fi
[ "$build" = no ] || build dev conformance
[ "$(id -u)" = 0 ] || die "Networks that fail need root."

packages=$PWD/build/faults
mkdir -p "$packages"
cmake "-DNPM=$(command -v npm)" "-DFROM=$PWD/tests/brokers" "-DTO=$packages" -P tests/interop/npm_install.cmake >/dev/null
CONFORMANCE_APP=${CONFORMANCE_APP-$PWD/build/dev/apps/conformance/conformance}
NODE_PATH=$packages/node_modules
COSIO_TEST_FOLDER=$packages
export CONFORMANCE_APP NODE_PATH COSIO_TEST_FOLDER

failed=''
try() {
  say "=== $2 over $1"
  COSIO_WIRE=$1 node --test --test-reporter=spec "tests/brokers/$2.test.js" || failed="$failed $2/$1"
}

round=0
while [ "$round" -lt "$rounds" ]; do
  for wire in "$@"; do
    try "$wire" faults
    [ "$wire" = postgres ] || try "$wire" redis_faults
    try "$wire" partition
  done
  round=$((round + 1))
done
[ -z "$failed" ] || die "=== failed:$failed"
say "=== passed"
