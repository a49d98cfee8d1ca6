#!/bin/sh
# Options with their values, in the forms `--port 1` and `--port=1`; values that are wrong.
# usage: forms.sh conformance chat
set -eu
. "$(dirname "$0")/expect.sh"
conformance=$1
chat=$2

# An address that no machine has: documentation uses it (RFC 5737). So the program ends behind its command line.
nowhere=192.0.2.1
for program in "$conformance" "$chat"; do
  expect 1 stderr "$nowhere port 0 cannot be listened on: this machine has no such address" "$program" --host "$nowhere" --port 0
  expect 1 stderr "$nowhere port 7 cannot be listened on: " "$program" "--host=$nowhere" --port=8 --port=7
  expect 2 stderr '--port: Value 65536 not in range' "$program" --port 65536
  expect 2 stderr '--port: Value many not in range' "$program" --port=many
  expect 2 stderr '--port needs a value' "$program" --host "$nowhere" --port
  expect 2 stderr '--host: needs a value' "$program" --host --port
  expect 2 stderr '--cert requires --key' "$program" --cert cert.pem
  expect 2 stderr '--key requires --cert' "$program" --key key.pem
  expect 2 stderr "unknown argument 'stray'" "$program" stray
  expect 2 stderr "unknown argument '--'" "$program" --
done
expect 2 stderr '--ping-interval: Value soon not in range' "$conformance" --ping-interval soon
expect 2 stderr '--parser: xml not in {default,msgpack}' "$conformance" --parser xml
# People who begin a load test see this first.
expect 0 stdout 'Not for load tests as it is' "$conformance" --help
finish
