#!/bin/sh
# Installs the program of a project that has cosio as a shared library inside, and runs it from there. The library
# exports the names of the public headers, with the version in them, and none of the floors below.
# usage: shared.sh cmake build-folder prefix version
set -eu
cmake=$1
build=$2
prefix=$3
version=$4

rm -rf "$prefix"
"$cmake" --install "$build" --prefix "$prefix"
"$prefix/bin/version" "$version"
"$prefix/bin/my_client"

[ ! -e "$prefix/include" ] || { echo "headers of cosio were installed with a program"; exit 1; }
library=$(find "$prefix" -name 'libcosio.so.*' -type f)
client=$(find "$prefix" -name 'libcosio_client.so.*' -type f)
names=$(nm -D --defined-only --demangle "$library" "$client" | awk '{ sub(/^[^ ]* . /, ""); print }')
abi=v$(printf '%s' "$version" | awk -F . '{ print $1 "_" $2 }')
inside=$(printf '%s\n' "$names" | grep -E '^cosio::(v[0-9_]+::)?(adapters|async|base|clients|cluster|engine|socketio|wire)::' || true)
[ -z "$inside" ] || { printf 'exported, and not public:\n%s\n' "$inside" | head -n 20; exit 1; }
outside=$(printf '%s\n' "$names" | grep '^cosio::' | grep -v "^cosio::$abi::" || true)
[ -z "$outside" ] || { printf 'without the version in its name:\n%s\n' "$outside" | head -n 20; exit 1; }
printf '%s\n' "$names" | grep -q "^cosio::$abi::client_socket::open" || { echo "cosio::client_socket::open is not exported"; exit 1; }
printf '%s\n' "$names" | grep -q "^cosio::$abi::server::listen" || { echo "cosio::server::listen is not exported"; exit 1; }
