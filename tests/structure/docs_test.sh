#!/bin/sh
# docs.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/docs" "$dir/lib" "$dir/tests"
printf '// A file.\nint decode();\n\nvoid f() {\n  if (x) {\n    g();\n  }\n}\n' >"$dir/lib/a.cpp"
printf '# A page\n## Two words, or three\n' >"$dir/docs/other.md"
printf 'TEST_CASE("it decodes", "[a]") {\n  x("no test");\n}\nTEST_CASE(\n    "it encodes", "[a]") {}\n' >"$dir/tests/a_test.cpp"
printf 'test("b works", () => {});\n  await t.test(`b of ${one} works`, () => {});\n' >"$dir/tests/b.test.js"
failures=0

# check page-text expectation: reported with the expectation, or not at all
check() {
  printf '%s\n' "$1" >"$dir/docs/page.md"
  report=$("$here/docs.sh" "$dir/docs/page.md" 2>&1) && passed=yes || passed=no
  case $2 in
    '') if [ "$passed" = yes ]; then return; fi ;;
    *) case $report in *"$2"*) if [ "$passed" = no ]; then return; fi ;; esac ;;
  esac
  echo "expected '${2:-nothing}' of: $1"
  echo "but: $report"
  failures=$((failures + 1))
}

check 'A [link](other.md), [a name](../lib/a.cpp), [`decode()`](../lib/a.cpp), [`a::f`](../lib/a.cpp), [`a.cpp`](../lib/a.cpp), [far](https://example.org/x#y).' ''
check '[down](other.md#two-words-or-three)' ''
check 'one [gone](gone.md)' 'page.md:1: no such file'
check 'a [good](other.md) and a [bad](gone.md) one' 'no such file'
check '[`encode`](../lib/a.cpp)' 'does not mention encode'
check '[down](other.md#four-words)' 'has no heading #four-words'
check '```cpp
int decode();
```' 'C++ without the file'
check '```sh
anything
```' ''
check '<!-- file: ../lib/a.cpp -->
```cpp
// A file.
int decode();

void f() {
  if (x) {
    g();
  }
}
```' ''
check '<!-- file: ../lib/a.cpp -->
```cpp
int decode();
```' 'differs from'
check '<!-- from: ../lib/a.cpp -->
```cpp
if (x) {
  g();
}
```' ''
check '<!-- from: ../lib/a.cpp -->
```cpp
int decode();

void f() {
```' ''
check '<!-- from: ../lib/a.cpp -->
```cpp
if (x) {
g();
}
```' 'not found in'
check '<!-- from: ../lib/a.cpp -->
```cpp
  g();
 }
```' 'not found in'
check '<!-- file: ../lib/gone.cpp -->
```cpp
int decode();
```' 'no such file'

check '[a](../tests/a_test.cpp): "it decodes", "it encodes"; [b](../tests/b.test.js): "b works", "b of ${one} works".' ''
check '[a](../tests/a_test.cpp): "it decode"' 'a_test.cpp has no test "it decode"'
check '[a](../tests/a_test.cpp): "it decodes", "no test"' 'a_test.cpp has no test "no test"'
check '[a](../tests/a_test.cpp): "it decodes"; [b](../tests/b.test.js): "b of 1 works"' 'b.test.js has no test "b of 1 works"'
check '| what | proof |
|---|---|
| it | [a](../tests/a_test.cpp): "it decodes" |

| what | else |
|---|---|
| it | no proof |' ''
check '| what | proof |
|---|---|
| it | [a](../tests/a_test.cpp): "it decodes" |
| that | [a](../tests/a_test.cpp) |' 'page.md:4: a row without the test'

check '<!-- rows: ../lib/a.cpp -->

| JavaScript | C++ |
|---|---|
| `if (x) g()` | `if (x) { g(); }` |

| what | else |
|---|---|
| it | `no code of that file` |' ''
check '<!-- rows: ../lib/a.cpp -->

| JavaScript | C++ |
|---|---|
| `if (x) h()` | `if (x) { h(); }` |' 'not found in'
check '<!-- rows: ../lib/a.cpp -->

| JavaScript | C++ |
|---|---|
| `h()` | nothing |' 'a row without code'

[ "$failures" = 0 ]
