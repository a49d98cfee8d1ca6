#!/bin/sh
# The port for vcpkg names the libraries of Boost that ours includes, and no others. The options that the port and the
# recipe for Conan set are options of our CMake files.
# usage: packaging.sh [tree]
set -eu
cd "${1:-$(dirname "$0")/../..}"
port=lib/packaging/vcpkg/cosio
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

# Both lists: boost-json, boost-smart-ptr, …
included=$(find lib -name '*.hpp' -o -name '*.cpp' | xargs sed -nE 's|^#include <boost/([a-z0-9_]+)[/.].*|boost-\1|p' | tr _ - | sort -u)
named=$(grep -oE '"boost-[a-z0-9-]+"' "$port/vcpkg.json" | tr -d '"' | sort -u)
for library in $included; do
  printf '%s\n' "$named" | grep -qx "$library" || fail "$port/vcpkg.json does not name $library, which lib includes"
done
for library in $named; do
  printf '%s\n' "$included" | grep -qx "$library" || fail "$port/vcpkg.json names $library, which lib does not include"
done

options=$(cat CMakeLists.txt lib/cmake/*.cmake | sed -nE 's/^ *(option|set)\((COSIO_[A-Z_]+) .*/\2/p' | sort -u)
for file in "$port/portfile.cmake" lib/packaging/conan/conanfile.py; do
  for option in $(grep -oE 'COSIO_[A-Z_]+' "$file" | grep -v '^COSIO_VERSION' | sort -u); do
    printf '%s\n' "$options" | grep -qx "$option" || fail "$file sets $option, which is no option here"
  done
done
[ "$failures" = 0 ]
