#!/bin/sh
# Builds the benchmark and holds counts against the recorded ones: system calls, instructions, allocations, bytes.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/gates.sh [--no-install] [--no-build] [--record] [part of a name...]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has
  --record       write the figures to apps/bench/gates.txt instead of comparing them
END
}

. apps/bench/prepare.sh
exec node apps/bench/drive/gates.js "$@"
