#!/bin/sh
# Installs what is missing, builds everything for debugging and runs all tests.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/run.sh [--no-install] [ctest options...]

  --no-install   do not install packages, use what is there
  ctest options  for example: -R 'wire:' (only these tests), --rerun-failed
END
}

install=yes
case ${1:-} in
  --no-install) install=no; shift ;;
  -h | --help) usage; exit ;;
esac

if [ "$install" = yes ]; then
  need_build
  need_node
  need_tests
  need_browser
  install_needed
fi

build dev all
if has_browser; then
  ctest --preset dev -j "$(jobs)" "$@"
else
  ctest --preset dev -j "$(jobs)" --label-exclude browser "$@"
  say "The browser tests were left out: no Chromium here. Ubuntu offers it as a snap only; install any Chromium or Chrome to run them."
fi
