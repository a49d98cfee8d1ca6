#!/bin/sh
# Clang refuses an access without the lock, with the flags of our builds: compiles thread_safety.cpp, whose cases must
# fail. usage: thread_safety.sh [compiler] clang++-19 without an argument
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
compiler=${1:-clang++-19}
source=tests/structure/thread_safety.cpp

flags=$(sed -n 's/.*PRIVATE \(-Wthread-safety[^)]*\)).*/\1/p' lib/cmake/cosio_settings.cmake)
[ -n "$flags" ] || { echo "lib/cmake/cosio_settings.cmake does not turn -Wthread-safety on" && exit 1; }

compile() {
  # shellcheck disable=SC2086  # a list of flags
  "$compiler" -std=c++20 -fsyntax-only -Ilib -Werror $flags "$@" "$source" 2>&1
}

compile || { echo "$source must compile without BAD" && exit 1; }
sed -n 's/^#.*if BAD == \([0-9]*\) *\/\/ error: \(.*\)/\1 \2/p' "$source" | {
  failures=0
  cases=0
  while read -r number expectation; do
    cases=$((cases + 1))
    if said=$(compile "-DBAD=$number"); then
      echo "BAD=$number must not compile"
      failures=$((failures + 1))
    else
      case $said in *"$expectation"*) ;; *)
        echo "BAD=$number must be refused with '$expectation', but: $said"
        failures=$((failures + 1)) ;;
      esac
    fi
  done
  [ "$cases" = "$(grep -c 'if BAD == ' "$source")" ] || { echo 'a case has no expectation' && exit 1; }
  [ "$cases" -gt 0 ] && [ "$failures" = 0 ]
}
