#!/bin/sh
# again.sh runs a program twice when it failed, but never after the report of a sanitizer, and lists what needed it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# A program whose runs count. It prints $1 and fails as long as it has run at most $2 times.
cat >"$dir/program" <<'END'
#!/bin/sh
echo run >>"$RUNS"
echo "$1"
[ "$(wc -l <"$RUNS")" -gt "$2" ] || exit 3
END
chmod +x "$dir/program"
export RUNS="$dir/runs"

# check code runs listed text failing: what again.sh returns, how often the program runs, how many lines the list has.
check() {
  rm -f "$dir/list" "$dir/log" "$RUNS"
  touch "$dir/list"
  sh "$here/../again.sh" "$dir/list" "$dir/log" "$dir/program" "$4" "$5"
  got="$? $(wc -l <"$RUNS" | tr -d ' ') $(wc -l <"$dir/list" | tr -d ' ')"
  [ "$got" = "$1 $2 $3" ] || { echo "'$4', $5 failures: expected '$1 $2 $3', got '$got'"; failures=$((failures + 1)); }
  [ "$(grep -c -F "$4" "$dir/log")" = "$2" ] || { echo "'$4': the log has not all output"; failures=$((failures + 1)); }
}

check 0 1 0 'all passed' 0
check 0 2 1 'late for a deadline' 1
check 3 2 1 'really broken' 2
check 3 1 0 '==7==ERROR: AddressSanitizer: heap-use-after-free' 1
check 3 1 0 '==7==ERROR: LeakSanitizer: detected memory leaks' 1
check 3 1 0 'WARNING: ThreadSanitizer: data race (pid=7)' 1
check 3 1 0 'lib/wire/utf8.cpp:7:9: runtime error: signed integer overflow' 1

[ "$failures" = 0 ]
