#!/bin/sh
# Runs a test program, and a second time when it has failed: a busy machine can be late for a deadline, and a real failure
# comes again. A program whose output has the report of a sanitizer fails at once: a race need not come twice.
#
#   sh tests/again.sh LIST LOG program [arguments...]
#
# The output goes to the file LOG. The command of a program that needed a second run is added to the file LIST.
set -u
list=$1
log=$2
shift 2

"$@" >"$log" 2>&1 && exit 0
code=$?
if grep -Eq '(ERROR|WARNING): [A-Za-z]+Sanitizer|: runtime error: ' "$log"; then exit "$code"; fi
echo "$*" >>"$list"
"$@" >>"$log" 2>&1
