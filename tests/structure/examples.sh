#!/bin/sh
# Compiles the C++ of the pages as a reader would who copies it: all that a page shows, in its order, is one file.
# A page shows what it uses, unless <cosio/cosio.hpp> has it. docs.sh compares the same blocks with the tree; see
# examples.awk.
# usage: examples.sh tree compiler [flags...]     prints what does not compile, with page and line
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# GCC takes a page for a header, because of its #line, and warns of lambdas in it. Clang does not know that warning.
page_is_no_header='-Wno-unknown-warning-option -Wno-subobject-linkage'
pages=0
bad=0
for page in *.md docs/*.md docs/*/*.md; do
  [ -e "$page" ] && grep -q '^ *```\(cpp\|c++\)' "$page" || continue
  pages=$((pages + 1))
  rm -rf "$dir/page"
  mkdir "$dir/page"
  LC_ALL=C awk -f "$here/examples.awk" -v to="$dir/page" -v page="$page" "$page"
  for source in "$dir"/page/*.cpp; do
    [ -e "$source" ] || continue  # headers only
    # shellcheck disable=SC2086  # two words
    "$@" -std=c++20 -Wall -Wextra -Wpedantic -Werror $page_is_no_header -fsyntax-only "-I$dir/page" "$source" || bad=1
  done
done
[ "$pages" != 0 ] || { echo "no page has C++"; bad=1; }
exit "$bad"
