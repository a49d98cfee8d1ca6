#!/bin/sh
# Builds the benchmark, and measures how costs grow: with receivers, rooms, namespaces, connections that come and go, and large input.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/growth.sh [--no-install] [--no-build] [--full] [--out FOLDER] [part...]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has
  --full         longer, and more often
  --out FOLDER   where growth.md and growth.svg go (build/bench)
  part           of: receivers, rooms, namespaces, churn, large-input

Nothing else should run meanwhile. docs/performance.md says what the figures mean.
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
  need_bench
  install_needed
fi
[ "$build" = no ] || build release bench_programs -D COSIO_BUILD_TESTS=OFF
exec node apps/bench/drive/growth.js "$@"
