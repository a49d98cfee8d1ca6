#!/bin/sh
# mutations.awk lists each kind of change where it belongs, and nothing in literals, comments, logs and constants.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# check expected source: the kinds and new texts for the last line of a source.
check() {
  printf '%s\n' "$2" >"$dir/source.cpp"
  last=$(printf '%s\n' "$2" | wc -l)
  got=$(awk -f "$here/../mutations.awk" "$dir/source.cpp" | awk -F '\t' -v at="$last" '$2 == at { print $3 ":" $4 }')
  if [ "$got" = "$1" ]; then return; fi
  printf '%s\n--- expected\n%s\n--- but got\n%s\n' "$2" "$1" "$got"
  failures=$((failures + 1))
}

check 'comparison:  const bool b = x <= y;' '  const bool b = x < y;'
check 'comparison:  const bool b = x > y;' '  const bool b = x >= y;'
check 'comparison:  const bool b = x != y;' '  const bool b = x == y;'
check 'logic:  const bool b = x || y;' '  const bool b = x && y;'
check 'condition:  if (!(is(x))) {' '  if (is(x)) {'
check 'condition:  while (!(f(x))) {' '  while (f(x)) {'
check 'condition:  if (const auto i = at(x); !(i)) {' '  if (const auto i = at(x); i) {'
check "bound:  const int n = 65537;" "  const int n = 65'536;"
check 'bound:  wait(11s).go(x1)' '  wait(10s).go(x1)'
check 'call:  ;' '  list.push_back(x);'
check 'call:  ;' '  co_await say(x);'
check 'assignment:  ;' '  done_ = x;'
check 'assignment:  ;' '  ++count_;'
check 'result:  return false;' '  return true;'
check 'result:  co_return {};' '  co_return x.y();'
check 'condition:  if (!(x)) return y;
result:  if (x) return {};' '  if (x) return y;'
check '' '  return {};'
check '' '#if 1 == 1'
check '' '  constexpr int n = 5;'
check '' '  base::log(log_level::debug, "a", "b");'
check '' '  using a = b<1>;'
check '' '  // if (x == 1) y();'
check '' '  const char* const text = "a == b && 1";'
check '' "  const char c = '1';"
check '' '  std::string name(x);'
check '' '  call(x,
       other(y));'

[ "$failures" = 0 ]
