# Sourced by the tests of command lines.
#
#   expect code stream text words...   the words, run as a command, end with this exit code, and their stdout or stderr
#                                      has the text; the other stream is empty
#   finish                             the last line of a test: its verdict

failures=0
out=$(mktemp)
err=$(mktemp)
trap 'rm -f "$out" "$err"' EXIT

expect() {
  code=$1
  stream=$2
  text=$3
  shift 3
  timeout 20 "$@" >"$out" 2>"$err" </dev/null && got=0 || got=$?
  said=$out
  silent=$err
  if [ "$stream" = stderr ]; then said=$err silent=$out; fi
  if [ "$got" = "$code" ] && grep -qF -e "$text" "$said" && [ ! -s "$silent" ]; then return; fi
  echo "expected '$text' on $stream and exit code $code of: $*; got $got, and:"
  cat "$out" "$err"
  failures=$((failures + 1))
}

finish() { [ "$failures" = 0 ]; }
