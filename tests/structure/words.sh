#!/bin/sh
# The rules of words.awk over the comments of C++ files and over the pages.
# usage: words.sh                          checks the covered folders and pages
#        words.sh --left                   lists the findings in folders that are not covered yet
#        words.sh file or directory...     checks these
# Prints every line that breaks a rule, and fails when there is one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# The folders of C++ that keep the rules. A folder that was mended is added here, and --left shows the others.
covered='lib/base lib/wire lib/http lib/adapter lib/cluster apps fuzz tests/support tests/base tests/wire tests/async tests/http tests/adapter tests/cluster tests/memory tests/simulation tests/consumer tests/bench tests/typescript'
everything='lib apps fuzz tests'
pages='README.md CHANGELOG.md SECURITY.md docs'

not_covered=
if [ "${1-}" = --left ]; then
  not_covered=$(for folder in $covered; do printf ' -path %s -prune -o' "$folder"; done)
  cd "$here/../.."
  # shellcheck disable=SC2086
  set -- $everything
elif [ $# = 0 ]; then
  cd "$here/../.."
  # shellcheck disable=SC2086
  set -- $covered $pages
fi
# shellcheck disable=SC2086
LC_ALL=C find "$@" -name node_modules -prune -o -name 'build*' -type d -prune -o $not_covered \
  -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.md' \) -exec awk -f "$here/words.awk" {} +
