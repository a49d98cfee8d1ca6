#!/bin/sh
# versions.sh finds a file that was forgotten.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

cd "$here/../.."
for file in $(sed -n 's/^has \([^ ]*\) .*/\1/p' "$here/versions.sh" | sort -u) lib/include/cosio/version.hpp; do
  mkdir -p "$dir/$(dirname "$file")"
  cp "$file" "$dir/$file"
done
sh "$here/versions.sh" "$dir" >"$dir/report" || fail "must pass: $(cat "$dir/report")"
for file in lib/packaging/vcpkg/cosio/vcpkg.json CHANGELOG.md README.md; do
  sed 's/0\.[0-9]/99.9/g' "$file" >"$dir/$file"
  if sh "$here/versions.sh" "$dir" >"$dir/report"; then fail "not noticed: $file"; fi
  grep -q "^$file does not have" "$dir/report" || fail "$file must be named, but: $(cat "$dir/report")"
  cp "$file" "$dir/$file"
done
echo 'namespace cosio {' >"$dir/lib/include/cosio/forgotten.hpp"
if sh "$here/versions.sh" "$dir" >"$dir/report"; then fail 'not noticed: a file outside of the inline namespace'; fi
grep -q '^lib/include/cosio/forgotten.hpp' "$dir/report" || fail "its name must be told, but: $(cat "$dir/report")"
[ "$failures" = 0 ]
