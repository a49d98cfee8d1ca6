#!/bin/sh
# docs/edge-cases.md has the rows 1 to 312, and each names the tests whose comments say that they prove it;
# see edge_cases.awk.
# usage: edge_cases.sh [--write | --list] [tree]
# Checks the table, rewrites its last column, or prints row, file and test.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
mode=check
case ${1-} in --write | --list) mode=${1#--}; shift ;; esac
cd "${1-$here/../..}"

proofs=$(mktemp)
trap 'rm -f "$proofs"' EXIT
find tests \( -name '*.cpp' -o -name '*.test.js' -o -name '*.sh' \) ! -path 'tests/structure/*' | sort |
  xargs awk -f "$here/edge_cases.awk" >"$proofs.unsorted" || { rm -f "$proofs.unsorted"; exit 1; }
sort -u -t "$(printf '\t')" -k 1,1n -k 2 "$proofs.unsorted" >"$proofs"
rm -f "$proofs.unsorted"
[ "$mode" != list ] || exec cat "$proofs"

if [ "$mode" = write ]; then
  awk -v mode=write -f "$here/edge_table.awk" "$proofs" docs/edge-cases.md >"$proofs.page"
  cat "$proofs.page" >docs/edge-cases.md
  rm -f "$proofs.page"
fi
awk -f "$here/edge_table.awk" "$proofs" docs/edge-cases.md
