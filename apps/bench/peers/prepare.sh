#!/bin/sh
# Installs and builds the servers that this one is compared with, by the ordinary clients of their registries.
set -eu
cd "$(dirname "$0")"
out=${COSIO_BENCH_PEERS:-$(cd ../../.. && pwd)/build/peers}
all='socketioxide bun go python'

usage() {
  cat <<'END'
usage: sh apps/bench/peers/prepare.sh [name...]

  name   of: socketioxide (needs cargo), bun (npm), go (go), python (python3 with venv and pip). Without one: all

A server whose tools are missing, or whose installation fails, is told in one line, and the others go on. All goes to
build/peers, or to the folder that COSIO_BENCH_PEERS names.
END
}

has() { command -v "$1" >/dev/null 2>&1; }
left_out() { echo "$1 is left out: $2"; }

# prepare name tool: runs prepare_name if there is the tool
prepare() {
  if ! has "$2"; then
    left_out "$1" "$2 is not installed"
  elif "prepare_$1" >"$out/$1.log" 2>&1; then
    echo "$1 is ready"
  else
    left_out "$1" "its installation failed, and $out/$1.log says why"
  fi
}

prepare_socketioxide() { CARGO_TARGET_DIR=$out/socketioxide cargo build --release --manifest-path socketioxide/Cargo.toml; }
prepare_bun() {
  mkdir -p "$out/bun" && cp bun/package.json bun/package-lock.json "$out/bun" || return 1
  npm ci --no-audit --no-fund --prefix "$out/bun" && "$out/bun/node_modules/.bin/bun" --version
}
prepare_go() { go build -C go -o "$out/go-server" .; }
prepare_python() {
  [ -x "$out/python/bin/python" ] || python3 -m venv "$out/python" || return 1
  "$out/python/bin/python" -m pip install --disable-pip-version-check --requirement python/requirements.txt
}

case ${1-} in -h | --help) usage && exit ;; esac
mkdir -p "$out"
# shellcheck disable=SC2086  # a list of words
[ $# -gt 0 ] || set -- $all
for name in "$@"; do
  case $name in
    socketioxide) prepare "$name" cargo ;;
    bun) prepare "$name" npm ;;
    go) prepare "$name" go ;;
    python) prepare "$name" python3 ;;
    *) echo "There is no '$name': $all" >&2 && exit 2 ;;
  esac
done
