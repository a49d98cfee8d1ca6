#!/bin/sh
# Measures the dashboard: the CPU time of a server with many idle clients, with nobody at the dashboard, with one page
# of it in production mode, and with one in development mode; and the bytes that the page gets.
# usage: load.sh build-directory [clients [seconds]]     needs the targets dashboard and bench of that build, and the
# packages that its test "dashboard: npm packages" installs; each client takes two descriptors: ulimit -n
set -eu
build=${1:?usage: load.sh build-directory [clients [seconds]]}
clients=${2:-10000}
seconds=${3:-30}
here=$(cd "$(dirname "$0")" && pwd)
NODE_PATH="$build/tests/dashboard/node_modules" exec node "$here/load.js" "$build" "$clients" "$seconds"
