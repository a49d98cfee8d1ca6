#!/bin/sh
# A program explains its options, and refuses an option that it does not know.
# usage: command_line.sh program version mistyped-option meant-option
set -eu
. "$(dirname "$0")/expect.sh"
program=$1
name=$(basename "$program")

for flag in --help -h; do
  expect 0 stdout "usage: $name" "$program" "$flag"
  expect 0 stdout '--version' "$program" "$flag"
  expect 0 stdout 'Exit codes: 0 ' "$program" "$flag"
done
expect 0 stdout "$name of cosio $2" "$program" --version
expect 2 stderr "$name: unknown argument '$3'; did you mean $4?" "$program" "$3"
expect 2 stderr "unknown argument '$3'; did you mean $4?" "$program" "$3=1"
expect 2 stderr "usage: $name" "$program" "$3"
expect 2 stderr "unknown argument '--nothing-like-it'" "$program" --nothing-like-it
finish
