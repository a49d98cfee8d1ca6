#!/bin/sh
# compile_cost.sh notices a header that has grown, and code that has.
# usage: compile_cost_test.sh compiler
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/cosio"
echo '#include <cosio/cosio.hpp>' >"$dir/program.cpp"
failures=0

# check expectation: the header that was written is reported with the expectation; nothing is, if that is empty
check() {
  said=$(sh "$here/compile_cost.sh" "$dir/program.cpp" "$dir" "$compiler" 2>&1) && code=0 || code=$?
  if [ "$code" = 77 ]; then echo "$said" && exit 77; fi
  case $1 in
    '') if [ "$code" = 0 ]; then return; fi ;;
    *) case $said in *"$1"*) if [ "$code" = 1 ]; then return; fi ;; esac ;;
  esac
  echo "expected '${1:-nothing}', but: $said"
  failures=$((failures + 1))
}

compiler=${1:?usage: compile_cost_test.sh compiler}
echo 'int small();' >"$dir/cosio/cosio.hpp"
check ''
seq -f 'extern int x%.0f;' 200000 >"$dir/cosio/cosio.hpp"
check 'lines that the compiler reads: 200000'
seq 4000 | sed 's|.*|int f&(int a) { return a / (a + 3) * a; }|' >"$dir/cosio/cosio.hpp"
check 'bytes of code'
exit "$failures"
