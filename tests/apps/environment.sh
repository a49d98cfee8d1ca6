#!/bin/sh
# A node of a cluster says which variables it reads, and refuses a PORT that is none.
# usage: environment.sh cluster_node
set -eu
. "$(dirname "$0")/expect.sh"
node=$1

for variable in NODE_NAME PORT REDIS_URL; do expect 0 stdout "$variable " "$node" --help; done
for port in many 70000 -1 80x ''; do
  expect 2 stderr "PORT: $port is no port" env PORT="$port" "$node"
done
expect 2 stderr "unknown argument '--port'" "$node" --port=3000
finish
