#!/bin/sh
# The files that name the version themselves name that of version.hpp: the port, the consumer's project, the change log,
# and the inline namespace of every file of the library.
# usage: versions.sh [tree]
set -eu
cd "${1:-$(dirname "$0")/../..}"
version=$(awk -F '"' '/^#define COSIO_VERSION_STRING/ { print $2 }' lib/include/cosio/version.hpp)
minor=${version%.*}
failures=0

# has file text
has() {
  grep -qF -- "$2" "$1" || { echo "$1 does not have: $2"; failures=$((failures + 1)); }
}

has lib/packaging/vcpkg/cosio/vcpkg.json "\"version-semver\": \"$version\""
has tests/consumer/CMakeLists.txt "find_package(cosio $minor REQUIRED)"
has tests/consumer/meson.build "version: '>=$minor'"
has CHANGELOG.md "## $version"
has SECURITY.md "is supported: $minor."
has README.md "The version is $minor."
has docs/building.md "cosio/$version"
has docs/building.md "libcosio$minor"
abi=v$(printf '%s' "$minor" | tr . _)
other=$(grep -rnE '^namespace cosio' lib --include='*.hpp' --include='*.cpp' |
  grep -vE "namespace cosio(::test)?::inline $abi(::[a-z_:]+)? \{" || true)
[ -z "$other" ] || { printf 'not in the inline namespace %s:\n%s\n' "$abi" "$other"; failures=$((failures + 1)); }
[ "$failures" = 0 ]
