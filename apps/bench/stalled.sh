#!/bin/sh
# Builds the benchmark, and measures what consumers that stop reading cost the server and the others.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/stalled.sh [--no-install] [--no-build]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has

5,000 clients hear broadcasts of 30 KB for 30 seconds, first all of them, then with 50 among them that have stopped
reading. Takes about two minutes; nothing else should run meanwhile.
END
}

install=yes
build=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --no-build) build=no ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

if [ "$install" = yes ]; then
  need_build
  need_node
  install_needed
fi
[ "$build" = no ] || build release bench_programs -D COSIO_BUILD_TESTS=OFF
exec node apps/bench/drive/stalled.js
