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

. apps/bench/prepare.sh
exec node apps/bench/drive/stalled.js "$@"
