#!/bin/sh
# advisories.sh finds its errors: a row whose test is removed or renamed, a test without a row, an invalid reason.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/docs" "$tree/tests/engine"
failures=0
page=$tree/docs/security.md
test=$tree/tests/engine/advisories_test.cpp

reset() {
  cat >"$test" <<'CPP'
TEST_CASE("CVE-1: it_does not", "[x]") {}
TEST_CASE("CVE-2: nor this",
          "[x]") {}
TEST_CASE(
    "CVE-1: nor by WebSocket", "[x]") {}
CPP
  cat >"$page" <<'MD'
# A page

| id | what it was | rule | proven by |
|---|---|---|---|
| CVE-1, GHSA-1 | this | that | [engine/advisories_test.cpp](../tests/engine/advisories_test.cpp): CVE-1: it\_does not<br>[engine/advisories_test.cpp](../tests/engine/advisories_test.cpp): CVE-1: nor by WebSocket |
| CVE-2 | this | that | [engine/advisories_test.cpp](../tests/engine/advisories_test.cpp): CVE-2: nor this |
| CVE-3 | this | that | not affected: clients only, and there is none here |

## Another heading

| another | table |
MD
}
edit() { sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }

# expect text: the check fails with it; without text it passes
expect() {
  report=$(sh "$here/advisories.sh" "$tree" 2>&1) && passed=yes || passed=no
  case ${1-} in
    '') if [ "$passed" = yes ]; then return; fi ;;
    *) case $report in *"$1"*) if [ "$passed" = no ]; then return; fi ;; esac ;;
  esac
  echo "expected '${1:-nothing}', but: $(echo "$report" | head -5)"
  failures=$((failures + 1))
}

reset; expect
edit "$test" '2,3d'; expect "CVE-2: no test's name begins with it"
reset; edit "$test" 's/nor this/nor that/'; expect 'CVE-2: its tests are'
reset; edit "$test" 's/nor by/not by/'; expect 'CVE-1, GHSA-1: its tests are'
reset; edit "$page" '/^| CVE-2/d'; expect 'no row CVE-2'
reset; edit "$page" 's/not affected: .*/not affected: no |/'; expect 'CVE-3: no test'
reset; edit "$test" 's/CVE-2: nor/CVE-3: nor/'; expect 'CVE-3 is called not affected'
reset; edit "$page" 's/^| CVE-3/| CVE-2/'; expect 'CVE-2 is there twice'
reset; edit "$page" 's/ | that//'; expect '3 cells, not 4'
reset; echo 'TEST_CASE("no id") {}' >>"$test"; expect "a test's name begins with the id"
reset; edit "$page" '/^| id/d'; expect 'no table'
reset; edit "$page" 's/: CVE-2: nor this/: gone/'; expect 'CVE-2: its tests are'
sh "$here/advisories.sh" --write "$tree" >/dev/null || failures=$((failures + 1)); expect
rm "$test"; expect 'no advisories'

[ "$failures" = 0 ]
