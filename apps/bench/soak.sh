#!/bin/sh
# Builds the server, and keeps it under load for long.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/soak.sh [--no-install] [--no-build] [--asan] [hold] [churn] [mixed] [options...]

  --no-install      do not install packages, use what is there
  --no-build        use what is built
  --asan            with AddressSanitizer and UndefinedBehaviorSanitizer: slower, and ends at the first fault

  hold              15,000 connections with 500 echoes a second, for three minutes
  churn             200,000 connections that come and go, by WebSocket, long-polling and upgrade
  mixed             an hour of clients of the reference implementation, 2.x and 4.x, that come by any transport, emit, acknowledge, join,
                    broadcast, send binary data, and go politely or by a reset; each answer is checked

  --minutes N       hold, mixed
  --connections N, --rate N          hold
  --churned N                        churn
  --people N, --pause MS, --stay N   mixed: clients, the time between two acts of one, acts in one visit (300, 8000, 20)
  --out FOLDER                       where samples and charts go (build/soak)

Without a name all three, one after the other. Prints memory and sessions while it runs, a summary at the end; fails when memory grew or
an answer was missing.
END
}

. apps/bench/prepare.sh
export COSIO_BENCH_PROGRAMS="$PWD/build/$preset/apps/bench"
[ -d apps/bench/node/node_modules/socket.io-client ] || (cd apps/bench/node && npm ci --no-audit --no-fund)
exec node apps/bench/drive/soak.js "$@"
