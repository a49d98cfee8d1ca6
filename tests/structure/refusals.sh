#!/bin/sh
# CMake refuses builds that cannot work, and says why: runs cosio_refusals.cmake with the variables of such builds.
# usage: refusals.sh [cmake]
set -eu
cmake=${1:-cmake}
refusals=$(dirname "$0")/../../lib/cmake/cosio_refusals.cmake
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

# refused sentence variable=value...
refused() {
  sentence=$1
  shift
  try "$@" && fail "not refused: $*"
  case $said in
    *"$sentence"*) ;;
    *) fail "with $* it must say '$sentence', but: $said" ;;
  esac
}

# taken variable=value...
taken() { try "$@" || fail "with $* it must say nothing, but: $said"; }

# CMake breaks long lines, so the words are compared without line ends.
try() {
  definitions=''
  for word in "$@"; do definitions="$definitions -D $word"; done
  # shellcheck disable=SC2086  # a list of words
  said=$("$cmake" $definitions -P "$refusals" 2>&1) && passed=yes || passed=no
  said=$(printf '%s' "$said" | tr -s ' \n' '  ')
  [ "$passed" = yes ]
}

gcc='CMAKE_CXX_COMPILER_ID=GNU CMAKE_CXX_COMPILER_VERSION'
clang='CMAKE_CXX_COMPILER_ID=Clang CMAKE_CXX_COMPILER_VERSION'
linux='CMAKE_SYSTEM_NAME=Linux COSIO_HAS_EPOLL=1'
mac='CMAKE_SYSTEM_NAME=Darwin COSIO_HAS_EPOLL='
# shellcheck disable=SC2086  # lists of words
{
  refused 'Windows is not supported yet.' WIN32=1
  refused 'Windows is not supported yet.' MSVC=1
  refused 'GCC 12 or newer is needed, and this is 11.4.0' $linux $gcc=11.4.0
  refused 'Clang 16 or newer is needed, and this is 15.0.6' $linux $clang=15.0.6
  refused 'this compiler (Other 1.0) has no C++20 coroutines.' CMAKE_CXX_COMPILER_ID=Other CMAKE_CXX_COMPILER_VERSION=1.0 COSIO_HAS_COROUTINES=
  refused 'COSIO_ASIO_WAITS is off, but Darwin has no epoll' $mac COSIO_ASIO_WAITS=OFF
  refused 'COSIO_SANITIZE=address,thread cannot work: ThreadSanitizer' $linux COSIO_SANITIZE=address,thread
  refused 'COSIO_SANITIZE=thread,leak cannot work: ThreadSanitizer' $linux COSIO_SANITIZE=thread,leak
  refused 'COSIO_SANITIZE=memory,address cannot work: MemorySanitizer' $linux $clang=19 COSIO_SANITIZE=memory,address
  refused 'GCC has no MemorySanitizer' $linux $gcc=12.2.0 COSIO_SANITIZE=memory
  refused 'COSIO_BUILD_FUZZERS needs Clang' $linux $gcc=12.2.0 COSIO_BUILD_FUZZERS=ON
  refused 'Boost 1.81 or newer is needed, with its json and url libraries (found: 1.74.0)' COSIO_BOOST_FOUND=0 COSIO_BOOST_SEEN=1.74.0
  refused 'Boost 1.81 or newer is needed, with its json and url libraries (found: none)' COSIO_BOOST_FOUND=0 COSIO_BOOST_SEEN=
  refused 'the apps need CLI11 2.1 or newer, and it was not found. Install it (on Debian: apt-get install libcli11-dev)' COSIO_CLI11_FOUND=0

  taken $linux $gcc=12.2.0 COSIO_ASIO_WAITS=OFF COSIO_SANITIZE=address,undefined COSIO_BOOST_FOUND=1 COSIO_CLI11_FOUND=1
  taken $linux $gcc=14.2.0 COSIO_ASIO_WAITS=ON COSIO_SANITIZE=thread BUILD_SHARED_LIBS=ON
  taken $linux $clang=19.1.4 COSIO_BUILD_FUZZERS=ON COSIO_SANITIZE=thread,undefined
  taken $linux BUILD_SHARED_LIBS=ON CMAKE_CXX_VISIBILITY_PRESET=hidden
  taken $mac CMAKE_CXX_COMPILER_ID=AppleClang CMAKE_CXX_COMPILER_VERSION=15.0 COSIO_HAS_COROUTINES=1 COSIO_ASIO_WAITS=ON
}
[ "$failures" = 0 ]
