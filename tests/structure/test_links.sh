#!/bin/sh
# Every row of docs/guarantees.md names the tests that prove it, and these are there and run; see test_links.awk.
# usage: test_links.sh [page...]     prints what is not proven and fails when anything is not; at the end, how many rows and tests there are
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- docs/guarantees.md
fi
LC_ALL=C exec awk -f "$here/test_links.awk" "$@"
