#!/bin/sh
# Makes the Debian packages of the library, installs them in a new Debian, and builds and runs programs there.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh
. tests/fresh_root.sh

usage() {
  cat <<'END'
usage: sh tests/packages.sh [--keep] [--mirror URL] [suite]

  suite         bookworm (default: Debian 12), trixie (Debian 13), sid
  --keep        leave the last system in build/packages/<suite>.user
  --mirror URL  of Debian packages; otherwise what this machine's apt uses

Needs root, debootstrap, curl, git and unshare. The committed state is packed. One new system builds the packages,
another one installs them: it has no source of the library and none of the packages that only the build needs. The
packages stay in build/packages, with the output of each step.
END
}

suite=bookworm
own_option() {
  case $1 in
    *[!a-z0-9]* | '') return 1 ;;
    *) suite=$1 ;;
  esac
}
read_options "$@"

need_root
own_namespace tests/packages.sh "$@"

dir=$PWD/build/packages

# These functions run as the last command of a step, and become the command in the new system.
# shellcheck disable=SC2016  # the inner shell's
make_packages() {
  inside sh -euc '
    . lib/cmake/setup.sh
    need_build
    need_node
    need_package dpkg-dev
    need_package file
    install_needed
    build debian "cosio cosio_io_client" -D COSIO_UNITY=ON
    cd build/debian
    cpack'
}

install_packages() {
  inside sh -euc '
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /packages/*.deb
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends g++ cmake ninja-build meson pkgconf binutils'
}

by_find_package() {
  inside sh -euc '
    cmake -G Ninja -S tests/consumer -B /tmp/find_package
    cmake --build /tmp/find_package
    /tmp/find_package/smoke
    /tmp/find_package/version "$0"
    /tmp/find_package/my_client' "$version"
}

by_pkg_config() {
  inside sh -euc '
    [ "$(pkg-config --modversion cosio)" = "$0" ]
    c++ -std=c++20 tests/consumer/version.cpp -o /tmp/version $(pkg-config --cflags --libs cosio)
    /tmp/version "$0"
    sh tests/consumer/meson.sh meson /usr /tmp/meson' "$version"
}

# A program that was built needs the runtime package only.
without_development() {
  inside sh -euc '
    apt-get remove -y -q libcosio-dev
    [ ! -e /usr/include/cosio ]
    /tmp/version "$0"' "$version"
}

all_gone() {
  inside sh -euc '
    apt-get purge -y -q "libcosio*"
    left=$(find /usr /etc -iname "*cosio*")
    [ -z "$left" ] || { echo "left behind: $left"; exit 1; }'
}

# field package name: of one of the packages that were made
field() { dpkg-deb -f "$dir/$1"_*.deb "$2"; }

# expect package name pattern
expect() { field "$1" "$2" | grep -qE "$3" || die "=== $1: its $2 must match '$3', but: $(field "$1" "$2")"; }

check_fields() {
  runtime=libcosio${version%.*}
  expect "$runtime" Version "^$version\$"
  expect "$runtime" Depends 'libc6 .*libssl3'
  expect "$runtime" Depends 'libboost-json1\.[0-9]+'
  expect libcosio-dev Depends "(^|, )$runtime \\(= $version\\)"
  expect libcosio-dev Depends 'libboost1\.[0-9]+-dev, libboost-json1\.[0-9]+-dev'
  library=$(dpkg-deb -c "$dir/$runtime"_*.deb)
  printf '%s\n' "$library" | grep -q "/libcosio\\.so\\.${version%.*}" || die "=== $runtime: no shared library inside"
  printf '%s\n' "$library" | grep -q "/libcosio_client\\.so\\.${version%.*}" || die "=== $runtime: no library of the client inside"
  if printf '%s\n' "$library" | grep -q '\.hpp$\|/libcosio\.so$'; then die "=== $runtime: files of libcosio-dev inside"; fi
}

version=$(awk -F '"' '/COSIO_VERSION_STRING/ { print $2 }' lib/include/cosio/version.hpp)

use_root "$suite.builder"
step 'base system for the build' make_root
step 'packages' make_packages
took 'packages' "$begun"
rm -f "$dir"/*.deb
cp "$root"/cosio/build/debian/packages/*.deb "$dir"
check_fields
clean_up

use_root "$suite.user"
step 'base system of a user' make_root
rm -rf "$root/cosio/lib" "$root/cosio/apps"
mkdir "$root/packages"
cp "$dir"/*.deb "$root/packages"
step 'install' install_packages
step 'find_package' by_find_package
step 'pkg-config and Meson' by_pkg_config
step 'without libcosio-dev' without_development
step 'purge' all_gone
say "=== all passed: Debian $(cat "$root/etc/debian_version")$summary"
ls -l "$dir"/*.deb
