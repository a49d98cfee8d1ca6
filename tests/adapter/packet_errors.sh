#!/bin/sh
# Compiles packet_errors.cpp. Without a key of the library no class can derive from outgoing_packet: each of the three
# attempts must be refused, because of outgoing_packet or its key. The same class with a key compiles.
# usage: packet_errors.sh source compiler [flags...]
set -eu
source=$1
shift
"$@" -std=c++20 -fsyntax-only -DBAD=0 "$source"

said=$(mktemp)
trap 'rm -f "$said"' EXIT
for attempt in 1 2 3; do
  if LC_ALL=C "$@" -std=c++20 -fsyntax-only -DBAD=$attempt "$source" >"$said" 2>&1; then
    echo "attempt $attempt compiles"
    exit 1
  fi
  if ! grep -Eq 'error: .*(forged|outgoing_packet|packet_key)' "$said"; then
    echo "attempt $attempt is refused for another reason:"
    cat "$said"
    exit 1
  fi
done
