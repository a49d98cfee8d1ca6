#!/bin/sh
# Compiles the programs in this folder. Each has one common mistake, and its first line has the sentence with which the
# compiler must refuse it, within the first 10 lines of what it prints:
#
#   // expect: cosio: a char is neither a number nor a text in JSON
#   // only: GCC 12                  the mistake is one with this compiler only
#
# A program with `// expect: compiles` is correct. <cosio/cosio.hpp> is compiled once, and two programs at a time.
# usage: run.sh compiler [flags...]
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || { echo 'usage: run.sh compiler [flags...]' && exit 2; }

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mkdir "$made/cosio" "$made/said"
case $("$@" --version) in
  *clang*) kind=Clang header=$made/cosio.pch use="-include-pch $made/cosio.pch" ;;
  *) kind="GCC $("$@" -dumpversion | cut -d. -f1)" header=$made/cosio/cosio.hpp.gch use= ;;
esac
export kind made use
echo '#include <cosio/cosio.hpp>' >"$made/header.hpp"
"$@" -std=c++20 -I../../lib/include -x c++-header "$made/header.hpp" -o "$header"

# check source compiler [flags...]: prints what is wrong. A file in `said` shows that it was looked at.
# shellcheck disable=SC2016  # the inner shell's
check='
  source=$1
  shift
  said=$made/said/$source
  expected=$(sed -n "1s|^// expect: ||p" "$source")
  only=$(sed -n "2s|^// only: ||p" "$source")
  # shellcheck disable=SC2086  # two words
  LC_ALL=C "$@" -std=c++20 -I"$made" -I../../lib/include $use -fsyntax-only "$source" >"$said" 2>&1 && code=0 || code=$?
  if [ -n "$only" ] && [ "$only" != "$kind" ]; then expected=compiles; fi
  case $expected in
    compiles) [ "$code" = 0 ] || wrong="must compile" ;;
    "") wrong="has no sentence that is expected" ;;
    *)
      if [ "$code" = 0 ]; then
        wrong="must not compile"
      elif ! head -n 10 "$said" | grep -Fq "error: static assertion failed" || ! head -n 10 "$said" | grep -Fq "$expected"; then
        wrong="must say in its first 10 lines: $expected"
      fi ;;
  esac
  [ -z "${wrong-}" ] || { echo "$source $wrong" && head -n 30 "$said" && exit 1; }'
printf '%s\n' *.cpp | xargs -P 2 -I SOURCE sh -c "$check" sh SOURCE "$@"
echo "$kind: $(find "$made/said" -type f | wc -l) programs"
