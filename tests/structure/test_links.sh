#!/bin/sh
# Every row of docs/guarantees.md names the tests that prove it, and these are there and run; see test_links.awk.
# usage: test_links.sh [page...]
# Prints rows that are not proven, and fails when there are any. At the end it prints the number of rows and tests.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- docs/guarantees.md
fi
LC_ALL=C exec awk -f "$here/test_links.awk" "$@"
