#!/bin/sh
# Installs what is missing, builds the chat and serves it on http://localhost:3000.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh apps/run.sh [--port N] [--host ADDRESS] [--no-install] [--build-only]

  --port N       serve on port N instead of 3000 (0: a free one)
  --host ADDRESS serve on this address instead of 127.0.0.1 (0.0.0.0: to everybody)
  --no-install   do not install packages, use what is there
  --build-only   build and do not serve
END
}

wrong() {
  say "$1" >&2
  usage >&2
  exit 2
}

port=3000
host=127.0.0.1
install=yes
serve=yes
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -gt 1 ] || wrong "--port needs a number"; port=$2; shift ;;
    --port=*) port=${1#--port=} ;;
    --host) [ $# -gt 1 ] || wrong "--host needs an address"; host=$2; shift ;;
    --host=*) host=${1#--host=} ;;
    --no-install) install=no ;;
    --build-only) serve=no ;;
    -h | --help) usage; exit ;;
    *) wrong "unknown argument '$1'" ;;
  esac
  shift
done
case $port in '' | *[!0-9]*) wrong "not a port: $port" ;; esac

if [ "$install" = yes ]; then
  need_build
  need_node
  install_needed
fi

build release chat -D COSIO_BUILD_TESTS=OFF
[ "$serve" = yes ] || exit 0

# embed_client.cmake writes it: with the files, or, when npm could not fetch them, without.
has_client() {
  grep -q incbin build/release/lib/client_bundle/embedded_client.cpp 2>/dev/null
}

say "Starting the chat on http://localhost:$port (Ctrl-C ends it)."
has_client || say "The page will say that its client is missing: npm could not fetch it (it needs a network). Run this script again to retry."
exec build/release/apps/chat/chat --port "$port" --host "$host"
