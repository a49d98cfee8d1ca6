#!/bin/sh
# A build of the preset "install" is installed, and found by find_package and by pkg-config. It finds a hiredis under a
# prefix of CMAKE_PREFIX_PATH. Compiling the library would take minutes: that of the build around is installed.
# usage: preset.sh cmake build-folder library client-library version scratch-folder
# The libraries are those of that build. CXX is the compiler.
set -eu
cmake=$1
around=$2
library=$3
client=$4
version=$5
dir=$6
here=$(cd "$(dirname "$0")" && pwd)
prefix=$dir/prefix
own=$dir/hiredis

# cached folder name: the value that a build has for a name
cached() { sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"; }

# has folder name value
has() {
  found=$(cached "$1" "$2")
  [ "$found" = "$3" ] || { echo "$1: $2 must be '$3', but is '$found'"; exit 1; }
}

# quietly words: runs a command, and shows what it says when it fails
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }; }

rm -rf "$dir"
mkdir -p "$dir"

# The hiredis of the build around, with no files for CMake beside it, as its own "make install" leaves it. That build
# has no path of it where a package for CMake was found, or no hiredis.
hiredis=$(cached "$around" hiredis_LIBRARY)
if [ -f "$hiredis" ]; then
  mkdir -p "$own/include" "$own/lib"
  cp -R "$(cached "$around" hiredis_INCLUDE_DIR)/hiredis" "$own/include"
  cp "$hiredis" "$own/lib"
fi

cd "$here/../.."
quietly "$cmake" --preset install -B "$dir/build" -D CMAKE_PREFIX_PATH="$own" -D Boost_DIR="$(cached "$around" Boost_DIR)"
has "$dir/build" CMAKE_BUILD_TYPE Release
has "$dir/build" COSIO_BUILD_TESTS OFF
has "$dir/build" COSIO_BUILD_APPS OFF
[ ! -d "$own" ] || has "$dir/build" hiredis_LIBRARY "$own/lib/${hiredis##*/}"

for made in "${library#"$around/"}" "${client#"$around/"}" lib/client_bundle/cosio-client-bundle.cmake; do
  mkdir -p "$(dirname "$dir/build/$made")"
  cp "$around/$made" "$dir/build/$made"
done
quietly "$cmake" --install "$dir/build" --prefix "$prefix"

quietly "$cmake" -G "$(cached "$around" CMAKE_GENERATOR)" -S "$here" -B "$dir/consumer" -D CMAKE_PREFIX_PATH="$prefix;$own" \
  -D Boost_DIR="$(cached "$around" Boost_DIR)"
[ ! -d "$own" ] || has "$dir/consumer" hiredis_LIBRARY "$own/lib/${hiredis##*/}"
quietly "$cmake" --build "$dir/consumer" --target version my_client
"$dir/consumer/version" "$version"
"$dir/consumer/my_client"

pkg_config=$(command -v pkg-config || command -v pkgconf) || { echo 'no pkg-config here: cosio.pc is not tried'; exit 0; }
found=$(find "$prefix" -name cosio.pc)
export PKG_CONFIG_PATH="${found%/*}"
# shellcheck disable=SC2046  # the flags are words
quietly "${CXX:-c++}" -std=c++20 "$here/version.cpp" -o "$dir/version" $("$pkg_config" --cflags --libs cosio)
"$dir/version" "$("$pkg_config" --modversion cosio)"
