#!/bin/sh
# examples.sh finds code that does not compile when it is copied, and leaves alone what is right.
# usage: examples_test.sh compiler
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/docs" "$dir/include/cosio"
cat >"$dir/include/cosio/cosio.hpp" <<'END'
#pragma once
namespace cosio {
struct server { void run() {} };
struct socket {};
struct options { int port = 0; };
}  // namespace cosio
END
failures=0

# check page-text expectation: reported with the expectation, or not at all
check() {
  printf '%s\n' "$1" >"$dir/docs/page.md"
  said=$(LC_ALL=C sh "$here/examples.sh" "$dir" "$compiler" "-I$dir/include" 2>&1) && passed=yes || passed=no
  case $2 in
    '') if [ "$passed" = yes ]; then return; fi ;;
    *) case $said in *"$2"*) if [ "$passed" = no ]; then return; fi ;; esac ;;
  esac
  echo "expected '${2:-nothing}' of: $1"
  echo "but: $said"
  failures=$((failures + 1))
}

compiler=$1
check 'No code.' 'no page has C++'
check '```cpp
std::string f(cosio::socket) { return std::to_string(2min / 1s); }
```' ''
check '# A page

```cpp
int f() { return helper(); }
```' 'docs/page.md:4:'
check '```cpp
struct tea {};
```
And:
```cpp
tea make() { return {}; }
```' ''
check '```cpp
tea make() { return {}; }
```
And:
```cpp
struct tea {};
```' 'docs/page.md:2:'
check 'Statements.

```cpp
opts.port = 80;
cosio::server io;
io.run();
```
```cpp
io.run();
```' ''
check '```cpp
io.run(1);
```' 'docs/page.md:2:'
check '```cpp
int f(int count) { return 0; }
```' 'count'
check '<!-- file: ../tea.hpp -->
```cpp
struct tea {};
```
<!-- file: ../tea.cpp -->
```cpp
#include "tea.hpp"
tea make() { return {}; }
```' ''
check '<!-- file: ../tea.cpp -->
```cpp
#include "tea.hpp"
```' 'tea.hpp'

[ "$failures" = 0 ]
