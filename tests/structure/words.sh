#!/bin/sh
# The rules of words.awk over the comments of C++ files and scripts, and over the pages.
# usage: words.sh                          checks the covered folders and pages
#        words.sh --left                   lists the findings in folders that are not covered yet
#        words.sh file or directory...     checks these
# Prints every line that breaks a rule, and fails when there is one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# The folders that keep the rules. A folder that was mended is added here, and --left shows the others.
covered='apps fuzz lib/adapter lib/api lib/async lib/base lib/cluster lib/cmake lib/contract lib/engine lib/http lib/include
lib/socketio lib/wire tests/adapter tests/api tests/apps tests/async tests/base tests/bench tests/brokers tests/browser tests/cluster tests/consumer tests/engine
tests/http tests/interop
tests/memory tests/redis tests/simulation tests/site tests/socketio tests/structure tests/support tests/typescript tests/wire'
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
  -type f \( -name '*.[hc]pp' -o -name '*.md' -o -name '*.sh' -o -name '*.js' -o -name '*.awk' -o -name '*.cmake' \
  -o -name CMakeLists.txt \) -exec awk -f "$here/words.awk" {} +
