#!/bin/sh
# Makes the Conan package of the library, static and shared, and builds the consumer's project with it.
#
# Conan comes from PyPI into an environment of its own, and keeps everything in build/conan. The libraries below cosio
# are those of this system.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

folder=$PWD/build/conan
CONAN_HOME=$folder/home
export CONAN_HOME

# Debian has venv in a package of its own.
fetch_conan() {
  [ ! -x "$folder/venv/bin/conan" ] || return 0
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/python" -m pip install --quiet 'conan>=2.4,<3' || die "pip cannot fetch Conan."
}

# No remote: nothing is fetched, and nothing can be sent.
prepare_home() {
  rm -rf "$CONAN_HOME"
  conan profile detect
  conan remote disable '*'
}
conan() { "$folder/venv/bin/conan" "$@"; }

need_build
need_command python3 python3
if has_command python3; then python3 -c 'import ensurepip, venv' 2>/dev/null || need_package python3-venv; fi
install_needed
fetch_conan
prepare_home
for shared in False True; do
  say "=== shared: $shared"
  conan create lib/packaging/conan --test-folder=../../../tests/consumer/conan --build='cosio/*' \
    -s compiler.cppstd=20 -o "cosio/*:shared=$shared" -c tools.cmake.cmake_layout:test_folder="$folder/test" \
    -c tools.cmake.cmaketoolchain:generator=Ninja -c tools.build:jobs="$(jobs)"
done
say "=== passed: cosio $(conan list 'cosio/*' --format=compact | grep -o 'cosio/[0-9.]*' | head -n 1) as a Conan package"
