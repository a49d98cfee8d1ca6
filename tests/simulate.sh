#!/bin/sh
# Runs many seeds of the simulation, on all processors; see docs/simulation.md.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/simulate.sh [options]

  --seeds N      how many (1000)
  --seed N       the first of them (1)
  --clients N    in each run; otherwise the seed decides
  --steps N      likewise
  --preset NAME  release (default), dev, asan
  --jobs N       processes at once; otherwise one per processor
END
}

seeds=1000
first=1
preset=release
processes=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
more=''
while [ $# -gt 0 ]; do
  case $1 in
    --seeds) seeds=$2 ;;
    --seed) first=$2 ;;
    --clients | --steps) more="$more $1 $2" ;;
    --preset) preset=$2 ;;
    --jobs) processes=$2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift 2
done

need_build
need_tests
install_needed
build "$preset" simulation >&2
program=build/$preset/tests/simulation/simulation

dir=$(mktemp -d)
pids=''
# shellcheck disable=SC2086  # a list
trap 'kill $pids 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

[ "$processes" -le "$seeds" ] || processes=$seeds
share=$((seeds / processes))
extra=$((seeds % processes))
i=0
while [ "$i" -lt "$processes" ]; do
  count=$((share + (i < extra ? 1 : 0)))
  # shellcheck disable=SC2086  # options
  "$program" --seed "$first" --seeds "$count" --progress "$dir/at.$i" $more >"$dir/out.$i" 2>&1 &
  pids="$pids $!"
  first=$((first + count))
  i=$((i + 1))
done

running() {
  for pid in $pids; do
    if kill -0 "$pid" 2>/dev/null; then return 0; fi
  done
  return 1
}

progress() {
  done_seeds=$(cat "$dir"/at.* 2>/dev/null | awk '{ sum += $2 } END { print sum + 0 }')
  failures=$(cat "$dir"/out.* | grep -c '^repeat:' || true)
  printf '\r%s of %s seeds, %s failed ' "$done_seeds" "$seeds" "$failures" >&2
}

while running; do
  progress
  sleep 1
done
printf '\r%*s\r' 60 '' >&2

failed=0
i=0
for pid in $pids; do
  wait "$pid" || failed=1
  # The repeat command, with the whole way to the program.
  sed "s|^repeat: simulation|repeat: $program|; s|repeat: simulation|repeat: $program|" "$dir/out.$i"
  i=$((i + 1))
done
pids=''
[ "$failed" = 0 ] || die "Seeds failed: the lines above that begin with \"repeat:\" run one of them again; add -v for every event."
