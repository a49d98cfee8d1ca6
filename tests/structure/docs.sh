#!/bin/sh
# Links, names and C++ of the pages agree with the tree; see docs.awk.
# usage: docs.sh [page...]     prints what does not agree and fails when anything does not
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ]; then
  cd "$here/../.."
  set -- README.md CHANGELOG.md SECURITY.md docs/*.md docs/*/*.md
fi
LC_ALL=C exec awk -f "$here/docs.awk" "$@"
