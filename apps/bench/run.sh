#!/bin/sh
# Builds the benchmark, and compares this server with the floor, with the reference server on Node.js, and with those of
# other languages.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/run.sh [--no-install] [--no-build] [options...]

  --no-install       do not install packages and peers, use what is there
  --no-build         measure what build/release and build/peers have
  --full             everything, 5 rounds: three quarters of an hour. Without it: one round, a few minutes
  --reps N           rounds
  --seconds S        for each measurement
  --peers [A,B]      servers of other languages as well: socketioxide, bun, go, python. Each that cannot be installed is
                     left out. Without --full: the scenarios that they know, and no system calls
  --servers A,B      only these of: floor, floor-gather, cosio, node, cosio-1, cosio-2 (threads; not pinned), and peers
  --scenarios A,B    of those in apps/bench/drive/contenders.js
  --tls              the scenarios over TLS, with the servers that speak it, unless others are named
  --add NAME=COMMAND one more server: {port} in the command is replaced; it prints "ready PID", and ends on SIGTERM
  --no-calls         do not count system calls
  --out FOLDER       where results.jsonl, table.md, compared.md and chart.svg go (build/bench)

Nothing else should run meanwhile. docs/performance.md says what the figures mean.
END
}

. apps/bench/prepare.sh
[ -d apps/bench/node/node_modules ] || (cd apps/bench/node && npm ci --no-audit --no-fund)
if [ "$install" = yes ] && [ "$build" = yes ]; then set -- --prepare-peers "$@"; fi
exec node apps/bench/drive/run.js "$@"
