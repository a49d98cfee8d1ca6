#!/bin/sh
# Builds the server, and keeps it under load for long.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/soak.sh [--no-install] [--no-build] [--asan] [hold] [churn] [mixed] [crowd] [options...]

  --no-install      do not install packages, use what is there
  --no-build        use what is built
  --asan            with AddressSanitizer and UndefinedBehaviorSanitizer: slower, and ends at the first fault

  hold              15,000 connections with 500 echoes a second, for three minutes
  churn             200,000 connections that come and go, by WebSocket, long-polling and upgrade
  mixed             an hour of clients of the reference implementation, 2.x and 4.x, that come by any transport, emit, acknowledge, join,
                    broadcast, send binary data, and go politely or by a reset; each answer is checked
  crowd             19,000 connections, silent for half a minute and then with ten minutes of traffic: echoes, acknowledgements, events to
                    rooms of ten, echoes over long-polling and of 64 KiB, a broadcast to all every ten seconds, clients that come and go.
                    Each answer is checked. A bystander's echoes are timed in both parts; how much longer they took fails no run. The
                    table says how busy the server's core was. 25,000 events a second, the default, are meant to keep it 30 to 50 %
                    busy: a latency says little when it is full. Choose --rate so on another machine

  --minutes N       hold, mixed
  --connections N, --rate N          hold, crowd; the rate is events a second, of all clients together
  --seconds N                        crowd: with traffic (600)
  --churned N                        churn
  --people N, --pause MS, --stay N   mixed: clients, the time between two acts of one, acts in one visit (300, 8000, 20)
  --out FOLDER                       where samples and charts go (build/soak)

Without a name all of them, one after the other. Prints memory and sessions while it runs, a summary at the end; fails when memory grew or
an answer was missing.
END
}

. apps/bench/prepare.sh
export COSIO_BENCH_PROGRAMS="$PWD/build/$preset/apps/bench"
[ -d apps/bench/node/node_modules/socket.io-client ] || (cd apps/bench/node && npm ci --no-audit --no-fund)
exec node apps/bench/drive/soak.js "$@"
