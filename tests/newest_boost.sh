#!/bin/sh
# Compiles the library with the newest Boost headers of PyPI's package boost-headers, and runs tests of floors.
# usage: newest_boost.sh [floor...]     base, wire, async and http, unless floors are named
#
# The package has headers only. So Boost.JSON is compiled from its src.hpp, as a part of this build. New versions of
# Boost.URL have no src.hpp any more. So the files that use it are compiled with the newest headers, but the programs
# that run have the Boost.URL of this system. Everything stays in build/newest-boost; the system's Boost is not changed.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh
[ $# != 0 ] || set -- base wire async http

folder=$PWD/build/newest-boost
boost=$folder/boost

fetch_headers() {
  [ ! -e "$boost/include/boost/version.hpp" ] || return 0
  rm -rf "$boost" "$folder/download"
  mkdir -p "$folder/download"
  python3 -m pip download --quiet --no-deps --only-binary :all: -d "$folder/download" boost-headers ||
    die "pip cannot fetch boost-headers."
  python3 -m zipfile -e "$folder"/download/boost_headers-*.whl "$folder/download"
  mv "$folder/download/boost_headers" "$boost"
  rm -rf "$folder/download"
}

can_be_compiled() { [ -e "$1/boost/url/src.hpp" ] && ! grep -q discontinued "$1/boost/url/src.hpp"; }

# Copies the headers of a Boost.URL that can be compiled to $boost/url, where they are found before all others.
choose_url() {
  rm -rf "$boost/url"
  mkdir -p "$boost/url/boost"
  for include in "$boost/include" /usr/include /usr/local/include; do
    if can_be_compiled "$include"; then
      cp -R "$include/boost/url" "$include/boost/url.hpp" "$boost/url/boost"
      return
    fi
  done
  die "No Boost.URL here can be compiled from its headers. The one of Boost 1.81 can: install its headers."
}

# Writes the package that find_package(Boost) finds instead of the system's.
write_package() {
  for library in json url; do echo "#include <boost/$library/src.hpp>" >"$boost/$library.cpp"; done
  cat >"$boost/BoostConfigVersion.cmake" <<VERSION
set(PACKAGE_VERSION $version)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
VERSION
  cat >"$boost/BoostConfig.cmake" <<'CONFIG'
add_library(boost_headers INTERFACE)
add_library(Boost::headers ALIAS boost_headers)
target_include_directories(boost_headers SYSTEM INTERFACE "${CMAKE_CURRENT_LIST_DIR}/url" "${CMAKE_CURRENT_LIST_DIR}/include")
target_compile_definitions(boost_headers INTERFACE BOOST_ALL_NO_LIB)
foreach(library json url)
  add_library(boost_${library} STATIC "${CMAKE_CURRENT_LIST_DIR}/${library}.cpp")
  add_library(Boost::${library} ALIAS boost_${library})
  target_link_libraries(boost_${library} PUBLIC boost_headers)
  set_target_properties(boost_${library} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endforeach()
CONFIG
}

# Compiles the files that use Boost.URL with its newest headers.
compile_users_of_url() {
  grep -l '#include <boost/url' lib/*/*.cpp | while read -r file; do
    say "compiling $file with Boost.URL $version"
    c++ -std=c++20 -fsyntax-only -isystem "$boost/include" -I lib -I lib/include "$file" || exit 1
  done
}

need_build
need_package catch2
need_command python3 python3
if has_command python3; then python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"; fi
install_needed
fetch_headers
version=$(awk -F '"' '/define BOOST_LIB_VERSION/ { gsub("_", ".", $2); print $2 }' "$boost/include/boost/version.hpp")
choose_url
write_package
compile_users_of_url

failed=''
for floor in "$@"; do
  build newest-boost "${floor}_tests" -D COSIO_UNITY=ON -D Boost_DIR="$boost" -D COSIO_INSTALL=OFF
  say "=== $floor with Boost $version"
  "build/newest-boost/tests/${floor}_tests" || failed="$failed $floor"
done
[ -z "$failed" ] || die "=== failed with Boost $version:$failed"
say "=== passed with Boost $version: $*"
