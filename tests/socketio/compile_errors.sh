#!/bin/sh
# Compiles a source with errors, such as contract_errors.cpp. Correct code must compile. With BAD, each line marked with
# an error must be reported with that text, and no other line.
# usage: compile_errors.sh source compiler [flags...]
set -eu
source=$1
shift
"$@" -std=c++20 -fsyntax-only "$source"

said=$(mktemp)
trap 'rm -f "$said"' EXIT
case $("$@" --version) in
  *clang*) clang=1 all='-ferror-limit=0 -fno-caret-diagnostics' ;;
  *) clang=0 all='-fno-diagnostics-show-caret' ;;
esac
# shellcheck disable=SC2086
if LC_ALL=C "$@" -std=c++20 -fsyntax-only -DBAD $all "$source" >"$said" 2>&1; then
  echo "everything compiles"
  exit 1
fi
awk -v source="$source" -v name="$(basename "$source"):" -v clang="$clang" '
  # The messages of the compiler. GCC names the lines that led to an error before it, Clang after it.
  FILENAME != source {
    if (/In file included from/ || /^ +from /) next
    if (clang && /error: /) text = $0
    at = index($0, name)
    line = at ? substr($0, at + length(name)) + 0 : 0
    if (line) { mentioned[line] = 1; pending[line] = 1 }
    if (/error: /) {
      if (!/cosio: /) { print "another error: " $0; bad = 1 }
      text = $0
    }
    if (clang || /error: /) {
      for (line in pending) texts[line] = texts[line] "\n" text
      split("", pending)
    }
    next
  }
  # The errors that the source expects.
  match($0, /\/\/ error: /) {
    wanted = substr($0, RSTART + RLENGTH)
    count++
    if (!index(texts[FNR], "cosio: ") || !index(texts[FNR], wanted)) { print "line " FNR " should fail: " wanted; bad = 1 }
    delete mentioned[FNR]
  }
  END {
    for (line in mentioned) { print "line " line " is complained about"; bad = 1 }
    if (!count) { print "no lines to check"; bad = 1 }
    exit bad
  }' "$said" "$source"
