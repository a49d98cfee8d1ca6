#!/bin/sh
# Builds a server, and measures what a cluster costs: over each wire, with one to four servers, beside Node's adapters.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/cluster.sh [--no-install] [--no-build] [--rounds N] [--wires A,B] [--nodes 1,2,4] [--write PAGE]
       [part...]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has
  --rounds       of which the medians are shown (3)
  --wires        of: alone, classic, sharded, streams, postgres
  --nodes        numbers of servers for `broadcast` (1,2,4)
  --write PAGE   puts the tables into a page, where it has <!-- figures -->
  part           of: broadcast, unwanted, rooms, namespaces

Each round starts brokers and servers of its own on free ports, one after the other. Takes about six minutes; nothing
else should run meanwhile.
END
}

install=yes
build=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --no-build) build=no ;;
    -h | --help) usage; exit ;;
    *) break ;;
  esac
  shift
done

if [ "$install" = yes ]; then
  need_build
  need_node
  need_brokers
  install_needed
fi
[ "$build" = no ] || build release conformance -D COSIO_BUILD_TESTS=OFF

packages=$PWD/build/bench/brokers
mkdir -p "$packages"
cmake "-DNPM=$(command -v npm)" "-DFROM=$PWD/tests/brokers" "-DTO=$packages" -P tests/interop/npm_install.cmake >/dev/null
CONFORMANCE_APP=${CONFORMANCE_APP-$PWD/build/release/apps/conformance/conformance} NODE_PATH=$packages/node_modules \
  exec node apps/bench/drive/cluster.js "$@"
