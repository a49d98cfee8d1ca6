#!/bin/sh
# Builds the benchmark, and measures how costs grow: with receivers, rooms, namespaces, connections that come and go,
# and large input.
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

. apps/bench/prepare.sh
exec node apps/bench/drive/growth.js "$@"
