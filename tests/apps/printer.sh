#!/bin/sh
# The program that prints a contract explains itself. It takes no option for the name of a file.
# usage: printer.sh program
set -eu
. "$(dirname "$0")/expect.sh"
printer=$1
folder=$(mktemp -d)
trap 'rm -rf "$out" "$err" "$folder"' EXIT
cd "$folder"

expect 0 stdout "usage: $(basename "$printer") FILE" "$printer" --help
expect 2 stderr 'usage: ' "$printer"
expect 2 stderr 'usage: ' "$printer" --output
expect 2 stderr 'usage: ' "$printer" one two
expect 1 stderr 'no/such/folder cannot be written' "$printer" no/such/folder
[ -z "$(ls -A)" ] || {
  echo "files were written: $(ls -A)"
  failures=1
}
"$printer" contract.d.ts
grep -q 'ServerToClientEvents' contract.d.ts
finish
