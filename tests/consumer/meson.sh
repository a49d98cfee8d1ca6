#!/bin/sh
# Builds the project of this folder with Meson, which finds cosio by pkg-config, and runs it.
# usage: meson.sh meson prefix build-folder      prefix: where cosio is installed; CXX: the compiler
set -eu
here=$(cd "$(dirname "$0")" && pwd)
meson=$1
prefix=$2
build=$3

# The folder of cosio.pc has the name of the architecture on some systems.
found=$(find "$prefix" -name cosio.pc)
[ -n "$found" ] || { echo "no cosio.pc in $prefix"; exit 1; }
export PKG_CONFIG_PATH="${found%/*}"
# A shared library beside it, which no configuration of the system names.
export LD_LIBRARY_PATH="${found%/pkgconfig/*}"

rm -rf "$build"
"$meson" setup "$build" "$here"
"$meson" test -C "$build" --print-errorlogs
