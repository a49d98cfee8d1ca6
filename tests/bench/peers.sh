#!/bin/sh
# A peer of the benchmark whose tool is missing, or fails, is told in one line, and the others go on. Installs nothing.
set -eu
script=$(cd "$(dirname "$0")/../.." && pwd)/apps/bench/peers/prepare.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"
for tool in sh dirname mkdir; do ln -s "$(command -v "$tool")" "$dir/bin/$tool"; done

# tool code: a tool that does nothing but end with this code
fake() {
  printf '#!/bin/sh\necho "this is %s"\nexit %s\n' "$1" "$2" >"$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}

failures=0
# expected arguments...: what prepare.sh prints with these arguments
prints() {
  expected=$1
  shift
  found=$(PATH=$dir/bin COSIO_BENCH_PEERS=$dir/out sh "$script" "$@" 2>&1) || found="$found
exit code $?"
  [ "$found" = "$expected" ] && return
  printf 'with %s expected:\n%s\nfound:\n%s\n' "$*" "$expected" "$found"
  failures=$((failures + 1))
}

fake cargo 1
fake go 0
prints "socketioxide is left out: its installation failed, and $dir/out/socketioxide.log says why
bun is left out: npm is not installed
go is ready
python is left out: python3 is not installed"
[ "$(cat "$dir/out/socketioxide.log")" = 'this is cargo' ] || { echo 'the log does not have what cargo said'; failures=$((failures + 1)); }
prints 'go is ready' go
prints "There is no 'perl': socketioxide bun go python
exit code 2" perl
[ "$failures" = 0 ]
