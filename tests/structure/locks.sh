#!/bin/sh
# Every lock of the library is one that Clang's thread safety analysis sees, and every mutex says what it guards: the
# rules of locks.awk over lib/. Whether the annotations are kept is for Clang to say: see thread_safety.sh.
# usage: locks.sh [file or directory...]     prints what breaks a rule and fails when anything does
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- lib
fi
LC_ALL=C find "$@" -type f \( -name '*.hpp' -o -name '*.cpp' \) -exec awk -f "$here/plain.awk" -f "$here/locks.awk" {} +
