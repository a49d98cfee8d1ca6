#!/bin/sh
# Builds the benchmark, and compares this server with the floor and with the reference server on Node.js.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/run.sh [--no-install] [--no-build] [options...]

  --no-install       do not install packages, use what is there
  --no-build         measure what build/release has
  --full             everything, 5 rounds: three quarters of an hour. Without it: one round, a few minutes
  --reps N           rounds
  --seconds S        for each measurement
  --servers A,B      of: floor, floor-gather, cosio, node, cosio-1, cosio-2 (threads; not pinned)
  --scenarios A,B    of those in apps/bench/drive/contenders.js
  --add NAME=COMMAND one more server: {port} in the command is replaced; it prints "ready PID", and ends on SIGTERM
  --no-calls         do not count system calls
  --out FOLDER       where results.jsonl, table.md and chart.svg go (build/bench)

Nothing else should run meanwhile. docs/performance.md says what the figures mean.
END
}

. apps/bench/prepare.sh
[ -d apps/bench/node/node_modules ] || (cd apps/bench/node && npm ci --no-audit --no-fund)
exec node apps/bench/drive/run.js "$@"
