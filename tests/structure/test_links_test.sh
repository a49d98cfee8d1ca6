#!/bin/sh
# test_links.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/docs" "$dir/tests/engine"
cat >"$dir/tests/engine/a_test.cpp" <<'CPP'
TEST_CASE("it opens", "[a]") { CHECK("no test"); }
TEST_CASE("it closes, with a name so long that its tags are below",
          "[a]") {}
TEST_CASE(
    "it waits", "[a]") {}
TEST_CASE("twice", "[a]") {}
TEST_CASE("twice", "[b]") {}
TEST_CASE("hidden", "[.][a]") {}
TEST_CASE("hidden below",
          "[a][!mayfail]") {}
CPP
cat >"$dir/tests/engine/b.test.js" <<'JS'
test("it opens", async (t) => {
  await t.test(`${what} opens`, () => {});
});
test.skip("not now", () => {});
test("not here", { skip: true }, () => {});
JS
cp "$dir/tests/engine/a_test.cpp" "$dir/tests/engine/a.cpp"
failures=0
good='[a](../tests/engine/a_test.cpp): "it opens"'

# check expectation rows...: a table of these rows is reported with the expectation, or not at all
check() {
  expectation=$1
  shift
  { printf 'Words.\n\n| promise | proof |\n|---|---|\n'; printf '%s\n' "$@"; } >"$dir/docs/page.md"
  report=$("$here/test_links.sh" "$dir/docs/page.md" 2>&1) && passed=yes || passed=no
  case $expectation in
    '') if [ "$passed" = yes ]; then return; fi ;;
    *) case $report in *"$expectation"*) if [ "$passed" = no ]; then return; fi ;; esac ;;
  esac
  echo "expected '${expectation:-nothing}' of: $*"
  echo "but: $report"
  failures=$((failures + 1))
}

check '' "| one | $good |" '| two | [a](../tests/engine/a_test.cpp): "it closes, with a name so long that its tags are below", "it waits"; [b](../tests/engine/b.test.js): "it opens", "${what} opens" |'
check '' "| with | two columns | $good |"
check '' "| with [a link](page.md) | $good |"
check 'page.md:5: a row without a test' '| one | |'
check 'page.md:6: a row without a test' "| one | $good |" '| two | [a page](page.md) |'
check 'the same promise as in line 5' "| one | $good |" '| one | [b](../tests/engine/b.test.js): "it opens" |'
check 'words between' "| one | surely: $good |"
check 'a_test.cpp has no test "it ends"' '| one | [a](../tests/engine/a_test.cpp): "it opens", "it ends" |'
check 'a_test.cpp has no test "no test"' '| one | [a](../tests/engine/a_test.cpp): "no test" |'
check 'gone_test.cpp has no test' '| one | [a](../tests/engine/gone_test.cpp): "it opens" |'
check 'has 2 tests "twice"' '| one | [a](../tests/engine/a_test.cpp): "twice" |'
check '"hidden" does not run: "[.][a]"' '| one | [a](../tests/engine/a_test.cpp): "hidden" |'
check '"hidden below" does not run' '| one | [a](../tests/engine/a_test.cpp): "hidden below" |'
check '"not now" does not run' '| one | [b](../tests/engine/b.test.js): "not now" |'
check '"not here" does not run' '| one | [b](../tests/engine/b.test.js): "not here" |'
check 'no test program takes in' '| one | [a](../tests/engine/a.cpp): "it opens" |'
check 'not [test](path)' '| one | [a](../tests/engine/a_test.cpp) |'
check 'not [test](path)' "| one | $good; [b](../tests/engine/b.test.js) |"
check 'not [test](path)' "| one | $good, or so |"
check 'a table without proofs' "| one | $good |" '' '| what | else |' '|---|---|' '| one | two |'
check 'no row'

[ "$failures" = 0 ]
