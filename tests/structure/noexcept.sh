#!/bin/sh
# Without memory the library loses a client at most: the rules of noexcept.awk over lib/.
# usage: noexcept.sh [file or directory...]     prints what breaks a rule and fails when anything does
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- lib
fi
LC_ALL=C find "$@" -type f \( -name '*.hpp' -o -name '*.cpp' \) -exec awk -f "$here/plain.awk" -f "$here/noexcept.awk" {} +
