#!/bin/sh
# packaging.sh finds a library of Boost that the port lacks or has in vain, and an option that is none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

mkdir -p "$dir/lib"
cp "$here/../../CMakeLists.txt" "$dir"
cp -R "$here/../../lib/cmake" "$here/../../lib/packaging" "$here/../../lib/include" "$dir/lib"
json=$dir/lib/packaging/vcpkg/cosio/vcpkg.json
# The libraries that only sources below the public headers include.
sed -n 's/.*"\(boost-[a-z0-9-]*\)".*/\1/p' "$json" | tr - _ | sed 's|^boost_\(.*\)|#include <boost/\1/all.hpp>|' >"$dir/lib/all.cpp"

sh "$here/packaging.sh" "$dir" >"$dir/report" || fail "must pass: $(cat "$dir/report")"

# noticed words: the report names the error
noticed() {
  if sh "$here/packaging.sh" "$dir" >"$dir/report"; then fail "not noticed: $1"; fi
  grep -qF "$1" "$dir/report" || fail "it must say '$1', but: $(cat "$dir/report")"
}
echo '#include <boost/spirit/home.hpp>' >"$dir/lib/new.hpp"
noticed 'does not name boost-spirit, which lib includes'
rm "$dir/lib/new.hpp"
sed 's/"boost-json"/"boost-json", "boost-graph"/' "$json" >"$dir/changed"
cp "$dir/changed" "$json"
noticed 'names boost-graph, which lib does not include'
cp "$here/../../lib/packaging/vcpkg/cosio/vcpkg.json" "$json"
sed 's/COSIO_BUILD_APPS/COSIO_BUILD_EXAMPLES/' "$here/../../lib/packaging/conan/conanfile.py" >"$dir/lib/packaging/conan/conanfile.py"
noticed 'conanfile.py sets COSIO_BUILD_EXAMPLES, which is no option here'
[ "$failures" = 0 ]
