#!/bin/sh
# Checks what a program costs that includes <cosio/cosio.hpp>: the lines that its compiler reads, and the bytes of code
# in its object. Neither may exceed the recorded number by more than a tenth. Other than times, they do not vary.
# The numbers were recorded on Debian 12, with GCC 12.2 and Boost 1.81. A change that lowers them records them anew;
# docs/building.md has them, too. With another compiler or Boost it ends with 77: skipped.
# usage: compile_cost.sh program include-directory compiler [flags...]
set -eu
lines=115300 # of the program, preprocessed; empty ones are not counted
text=26100    # bytes of the sections .text of its object, -O2

program=$1
front=$2
shift 2
version=$(printf '#include <boost/version.hpp>\nBOOST_VERSION __GNUC__ __clang_major__\n' | "$@" -x c++ -E -P - | tail -n 1)
[ "$version" = '108100 12 __clang_major__' ] || { echo "not recorded for this compiler and Boost: $version" && exit 77; }

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
has_lines=$("$@" -std=c++20 "-I$front" -E -P "$program" | grep -c .)
"$@" -std=c++20 -O2 -g0 "-I$front" -c "$program" -o "$made/program.o"
has_text=$(size -A "$made/program.o" | awk '/^\.text/ { sum += $2 } END { print sum + 0 }')

code=0
# check what count recorded
check() {
  [ "$2" -le $(($3 + $3 / 10)) ] && return
  echo "$1: $2, more than a tenth above the $3 that are recorded"
  code=1
}
check 'lines that the compiler reads' "$has_lines" "$lines"
check 'bytes of code' "$has_text" "$text"
exit $code
