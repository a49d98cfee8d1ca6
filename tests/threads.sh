#!/bin/sh
# Runs what tells whether threads get in each other's way, with ThreadSanitizer and several numbers of threads.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/threads.sh [--no-install] [--threads "1 2 8"] [--preset tsan] [ctest options...]

  --no-install    do not install packages, use what is there
  --threads LIST  of the conformance app, one run of the reference clients for each
  --preset NAME   tsan (default); asan or dev, to see whether a failure is the sanitizer's
  ctest options   for example: -R 'interop: rooms'

First the tests of the library that start threads themselves, then the reference clients against the conformance app.
END
}

install=yes
preset=tsan
numbers='1 2 8'
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --threads) numbers=$2; shift ;;
    --preset) preset=$2; shift ;;
    -h | --help) usage; exit ;;
    *) break ;;
  esac
  shift
done

if [ "$install" = yes ]; then
  need_build
  need_node
  need_tests
  need_clang
  install_needed
fi
build "$preset" socketio_tests
build "$preset" conformance
build "$preset" own_parser

# ThreadSanitizer gives up where the kernel randomises addresses with more than 28 bits.
still=''
if setarch "$(uname -m)" -R true 2>/dev/null; then still="setarch $(uname -m) -R"; fi
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/tests/tsan.supp:$(symbolizer)"

say "=== tests that start 1, 2 and 8 threads themselves"
$still "build/$preset/tests/socketio_tests" '[threads]'
for number in $numbers; do
  say "=== reference clients, $number threads"
  COSIO_TEST_THREADS=$number $still ctest --preset "$preset" -L interop -j "$(jobs)" "$@"
done
