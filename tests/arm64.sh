#!/bin/sh
# Compiles the library for Linux on 64-bit ARM, and runs the tests of the lower floors on an emulated processor.
# usage: arm64.sh [floor...]     wire, base and async, unless floors are named; on Debian, Ubuntu and their kin
#
# The compiler and the emulator are packages of this system. The libraries of the other one go to build/arm64/sysroot:
# apt-get works there with its own lists and its own record of what is installed. No package of this system changes.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh
[ $# != 0 ] || set -- wire base async

folder=$PWD/build/arm64
sysroot=$folder/sysroot

# for_arm64 program arguments...: apt-get or apt-cache for the other system
for_arm64() {
  program=$1
  shift
  "$program" -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)" \
    -o Debug::NoLocking=true -o Dir::State="$folder/apt/state" -o Dir::Cache="$folder/apt/cache" \
    -o Dir::State::status="$folder/apt/status" "$@"
}

boost_for_arm64() {
  offered() { LC_ALL=C for_arm64 apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }
  choose_boost
}

fetch_libraries() {
  [ ! -e "$sysroot/complete" ] || return 0
  rm -rf "$sysroot" "$folder/apt"
  mkdir -p "$folder/apt/state/lists/partial" "$folder/apt/cache/archives/partial" "$sysroot"
  : >"$folder/apt/status"
  for_arm64 apt-get update || die "The package lists for arm64 cannot be fetched."
  boost=$(boost_for_arm64) || exit 1
  # shellcheck disable=SC2086  # a list of words
  for_arm64 apt-get install --yes --download-only --no-install-recommends libc6-dev libstdc++6 libssl-dev zlib1g-dev \
    libhiredis-dev libpq-dev nlohmann-json3-dev catch2 $boost || die "The packages for arm64 cannot be fetched."
  for package in "$folder"/apt/cache/archives/*.deb; do dpkg -x "$package" "$sysroot"; done
  # An absolute link would lead out of the folder.
  find "$sysroot" -type l -lname '/*' | while read -r link; do ln -sfn "$sysroot$(readlink "$link")" "$link"; done
  rm -rf "$folder/apt"
  : >"$sysroot/complete"
}

need_command cmake cmake
need_command ninja ninja-build
need_command aarch64-linux-gnu-g++ g++-aarch64-linux-gnu
need_command qemu-aarch64 qemu-user
install_needed
fetch_libraries

# A client of a test gives up after ten seconds, which an emulated processor can miss: a failure is repeated once.
failed=''
for floor in "$@"; do
  build arm64 "${floor}_tests" -D COSIO_UNITY=ON
  say "=== $floor on $(aarch64-linux-gnu-g++ -dumpmachine)"
  program=build/arm64/tests/${floor}_tests
  qemu-aarch64 -L "$sysroot" "$program" || qemu-aarch64 -L "$sysroot" "$program" || failed="$failed $floor"
done
[ -z "$failed" ] || die "=== failed on arm64:$failed"
say "=== passed on arm64: $*"
