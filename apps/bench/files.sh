#!/bin/sh
# Builds the benchmark, and compares what static files cost this server and nginx.
set -eu
cd "$(dirname "$0")/../.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/bench/files.sh [--no-install] [--no-build] [options...]

  --no-install   do not install packages, use what is there
  --no-build     measure what build/release has
  --reps N       rounds (5)
  --seconds S    for each measurement (3)
  --only A,B     of: small, unchanged, large, large-tls, small-tls

A file of 1 KB, the same when the client has it already (304), and a file of 10 MB; nginx with sendfile, one worker and
no log of requests. Takes about two minutes and a half; nothing else should run meanwhile.
END
}

[ -x /usr/sbin/nginx ] || need_command nginx nginx-light
. apps/bench/prepare.sh
exec node apps/bench/drive/files.js "$@"
