#!/bin/sh
# The scripts that people begin with explain their options, and do nothing else then.
set -eu
. "$(dirname "$0")/expect.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)

for script in apps/run.sh tests/run.sh apps/bench/run.sh apps/bench/gates.sh apps/bench/soak.sh apps/bench/threads.sh; do
  for flag in --help -h; do expect 0 stdout "usage: sh $script" sh "$tree/$script" "$flag"; done
done
expect 2 stderr "unknown argument '--prot'" sh "$tree/apps/run.sh" --prot 3001
expect 2 stderr "usage: sh apps/run.sh" sh "$tree/apps/run.sh" --prot 3001
expect 2 stderr "not a port: many" sh "$tree/apps/run.sh" --port=many
expect 2 stderr "--host needs an address" sh "$tree/apps/run.sh" --host
finish
