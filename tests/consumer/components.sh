#!/bin/sh
# find_package(cosio COMPONENTS …): parts that are there are found, and a part that is missing is named with its remedy.
# usage: components.sh cmake generator prefix scratch-folder     prefix: where cosio is installed; CXX: the compiler
set -eu
cmake=$1
generator=$2
prefix=$3
dir=$4
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

rm -rf "$dir"
mkdir -p "$dir/project"
package=$(find "$prefix" -name cosio-config.cmake)
cp -R "${package%/*}" "$dir/cosio"
echo 'add_library(cosio::cosio INTERFACE IMPORTED)' >"$dir/cosio/cosio-targets.cmake"
echo 'add_library(cosio::test INTERFACE IMPORTED)' >"$dir/cosio/cosio-test-targets.cmake"

# part name state: the installed library has the part, or lacks it
part() {
  for file in cosio-config cosio-client-bundle; do
    sed "s/^set(cosio_$1_FOUND .*)/set(cosio_$1_FOUND $2)/" "$dir/cosio/$file.cmake" >"$dir/changed"
    cp "$dir/changed" "$dir/cosio/$file.cmake"
  done
}

# find arguments-of-find_package: what CMake says
find_cosio() {
  cat >"$dir/project/CMakeLists.txt" <<LISTS
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(cosio $1)
message("redis: [\${cosio_redis_FOUND}], postgres: [\${cosio_postgres_FOUND}], msgpack: [\${cosio_msgpack_FOUND}], client_bundle: [\${cosio_client_bundle_FOUND}]")
LISTS
  said=$("$cmake" -G "$generator" -S "$dir/project" -B "$dir/build" -D cosio_DIR="$dir/cosio" 2>&1) && passed=yes || passed=no
  said=$(printf '%s' "$said" | tr -s ' \n' '  ')
}

# found arguments words: no error, and the words
found() {
  find_cosio "$1"
  [ "$passed" = yes ] || fail "must be found: $1
  but: $said"
  case $said in *"$2"*) ;; *) fail "with $1 it must say '$2', but: $said" ;; esac
}

# missing arguments words: an error with the words
missing() {
  find_cosio "$1"
  [ "$passed" = no ] || fail "must not be found: $1"
  case $said in *"$2"*) ;; *) fail "with $1 it must say '$2', but: $said" ;; esac
}

part redis ON
part postgres ON
part msgpack ON
part client_bundle ON
found 'REQUIRED COMPONENTS redis postgres msgpack client_bundle' \
  'redis: [ON], postgres: [ON], msgpack: [ON], client_bundle: [ON]'
part redis OFF
part postgres OFF
part client_bundle OFF
found 'REQUIRED' 'redis: [OFF], postgres: [OFF], msgpack: [ON], client_bundle: [OFF]'
found 'REQUIRED OPTIONAL_COMPONENTS redis' 'redis: [OFF]'
missing 'REQUIRED COMPONENTS redis' 'This cosio was built without redis. Build it again with hiredis and nlohmann-json'
missing 'REQUIRED COMPONENTS postgres' 'This cosio was built without postgres. Build it again with libpq and nlohmann-json'
missing 'REQUIRED COMPONENTS client_bundle' 'Build it again with npm and a network'
missing 'REQUIRED COMPONENTS kafka' 'cosio has no component kafka'
found 'COMPONENTS redis' 'msgpack: [ON]'
found 'REQUIRED COMPONENTS test' 'msgpack: [ON]'
rm "$dir/cosio/cosio-test-targets.cmake"
found 'REQUIRED OPTIONAL_COMPONENTS test' 'msgpack: [ON]'
missing 'REQUIRED COMPONENTS test' 'This cosio was built without test. Build it again with COSIO_TEST_KIT on and as a static library'
[ "$failures" = 0 ]
