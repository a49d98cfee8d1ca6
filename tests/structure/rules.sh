#!/bin/sh
# The house rules of rules.awk over every C++ file, but those of tests/mistakes, which are there to break them.
# usage: rules.sh [file or directory...]     prints what breaks a rule and fails when anything does
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- lib apps tests fuzz
fi
LC_ALL=C find "$@" -name node_modules -prune -o -name 'build*' -prune -o -path '*tests/mistakes' -prune -o \
  -type f \( -name '*.hpp' -o -name '*.cpp' \) \
  -exec awk -f "$here/rules.awk" {} +
