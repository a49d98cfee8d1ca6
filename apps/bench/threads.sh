#!/bin/sh
# Builds the benchmark, and counts what several threads of a server share: locks, sleeps, system calls.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END_OF_USAGE'
usage: sh apps/bench/threads.sh [--no-install] [--no-build] [--threads 1,2,4] [--rounds N] [shared|locks|processes|WORK...]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has
  --threads      numbers of threads (1,2,4,8,16)
  --rounds       rounds of `processes`, of which the medians are shown (3)

  shared         for each unit of work: locks taken, locks that another thread held, sleeps, system calls
  locks          which locks these are, and for how long they are held
  processes      one process of N threads, and N processes of one thread: counts, and CPU time as a hint
  WORK           echo-1, echo-16, broadcast-8 or connect

Without words everything is counted. Takes about ten minutes.
END_OF_USAGE
}

. apps/bench/prepare.sh
exec node apps/bench/drive/threads.js "$@"
