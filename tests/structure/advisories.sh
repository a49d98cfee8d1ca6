#!/bin/sh
# Compares the table of advisories in docs/security.md with the tests whose names begin with their ids;
# see advisories.awk.
# usage: advisories.sh [--write] [tree]     checks, or rewrites the last column of the table
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
mode=check
case ${1-} in --write) mode=write; shift ;; esac
cd "${1-$here/../..}"

page=docs/security.md
tests=$(find tests -name 'advisories*_test.cpp' | sort)
[ -n "$tests" ] || { echo "tests: no advisories*_test.cpp"; exit 1; }
if [ "$mode" = write ]; then
  # shellcheck disable=SC2086
  written=$(awk -v mode=write -f "$here/advisories.awk" $tests "$page")
  printf '%s\n' "$written" >"$page"
fi
# shellcheck disable=SC2086
awk -f "$here/advisories.awk" $tests "$page"
