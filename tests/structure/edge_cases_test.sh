#!/bin/sh
# edge_cases.sh finds its errors: a row that is removed, doubled or empty, a test that is removed or renamed, an excuse
# without a reason.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/docs" "$tree/tests/engine" "$tree/tests/wire" "$tree/tests/interop"
failures=0
page=$tree/docs/edge-cases.md

# Rows 1..312, all proven by one test, but for those that have one of their own.
reset() {
  rm -f "$tree"/tests/*/*
  printf '// edge 1-312\nTEST_CASE("all of it", "[x]") {}\n' >"$tree/tests/engine/all_test.cpp"
  awk 'BEGIN { print "# A page\n"; for (i = 1; i <= 312; i++) print "| " i " | given " i " | then " i " | [engine/all_test.cpp](../tests/engine/all_test.cpp): all of it |" }' >"$page"
}

# expect text: the check fails with it; without text it passes
expect() {
  report=$(sh "$here/edge_cases.sh" "$tree" 2>&1) && passed=yes || passed=no
  case ${1-} in
    '') if [ "$passed" = yes ]; then return; fi ;;
    *) case $report in *"$1"*) if [ "$passed" = no ]; then return; fi ;; esac ;;
  esac
  echo "expected '${1:-nothing}', but: $(echo "$report" | head -5)"
  failures=$((failures + 1))
}
edit() { sed "$1" "$page" >"$page.new" && mv "$page.new" "$page"; }

# names text...: what edge_cases.sh --list must have, line by line
names() {
  list=$(sh "$here/edge_cases.sh" --list "$tree" | tr '\t' ' ')
  for line; do
    case "
$list
" in *"
$line
"*) ;; *) echo "expected '$line' in: $(echo "$list" | grep -v all_test)"; failures=$((failures + 1)) ;; esac
  done
}

reset; expect
edit '/^| 77 /d'; expect 'row 77 is missing'
reset; edit 's/^| 77 /| 78 /'; expect 'row 78 is there twice'
reset; edit 's/^| 312 /| 313 /'; expect 'there is no row 313'
reset; edit 's/then 9 /  /'; expect 'row 9 '
reset; edit 's/^| 5 .*/| 5 | given | then |  |/'; expect 'row 5: no test proves it'
reset; edit '5s/all of it/some of it/'; expect 'no test says that it proves it'
reset; printf 'TEST_CASE("all of it", "[x]") {}\n' >"$tree/tests/engine/all_test.cpp"; expect 'no test says that it proves it'
reset; printf '// edge 1-312\nTEST_CASE("renamed", "[x]") {}\n' >"$tree/tests/engine/all_test.cpp"; expect 'no test says that it proves it'
reset; printf '// edge 313\nTEST_CASE("more", "[x]") {}\n' >>"$tree/tests/engine/all_test.cpp"; expect 'there is no edge 313'
reset; printf '// edge 7\n' >"$tree/tests/engine/none_test.cpp"; expect 'is above no test'
reset; edit 's/^| 8 .*/| 8 | given | then | differs: so |/'; expect 'row 8 gives no reason'
reset; edit 's/^| 8 .*/| 8 | given | then | differs: because we want it otherwise |/'; expect
reset; edit 's/^| 8 .*/| 8 | given | then | not built yet: a later floor |/'; expect
reset; printf '// edge 9\nTEST_CASE("bytes", "[x]") {}\n' >"$tree/tests/wire/w_test.cpp"
edit 's/^| 9 .*/| 9 | given | then | [wire\/w_test.cpp](..\/tests\/wire\/w_test.cpp): bytes |/'; expect 'tests of lib/wire alone'
rm "$page"; expect 'edge-cases.md'

# Where the comments stand, and what names look like.
reset
cat >"$tree/tests/engine/x_test.cpp" <<'CPP'
const row rows[] = {{"edge 40: a table of its own"}};
TEST_CASE("one \"quoted\"",
          "[x]") {  // edge 10
  CHECK(f());  // edge 11, 12
  // edge 13
  CHECK(g());
  {"edge cases 14, 15: a row", 1},
}
// edge 16-18
// More of a comment, knowledge 99.
TEST_CASE(
    "two") {
}
CPP
cat >"$tree/tests/interop/x.test.js" <<'JS'
// edge 20
for (const way of ways) {
  test(`over ${way.name}`, async (t) => {
    // edge 21
    await t.test("inside", async () => {});
    f(); // edge 22
  });
}
// edge 23
test(
  "below",
JS
printf '#!/bin/sh\n# edge 24\n' >"$tree/tests/engine/x.sh"
cpp=tests/engine/x_test.cpp js=tests/interop/x.test.js
names "10 $cpp one \"quoted\"" "11 $cpp one \"quoted\"" "12 $cpp one \"quoted\"" "13 $cpp one \"quoted\"" "14 $cpp one \"quoted\"" "15 $cpp one \"quoted\"" \
  "16 $cpp two" "17 $cpp two" "18 $cpp two" "20 $js over \${way.name}" "21 $js inside" "22 $js over \${way.name}" "23 $js below" "24 tests/engine/x.sh "
expect
sh "$here/edge_cases.sh" --write "$tree" >"$tree/report" || { cat "$tree/report"; failures=$((failures + 1)); }
grep -q '^| 17 .*all of it<br>\[engine/x_test.cpp\](../tests/engine/x_test.cpp): two |$' "$page" || { echo "--write: $(grep '^| 17 ' "$page")"; failures=$((failures + 1)); }

[ "$failures" = 0 ]
