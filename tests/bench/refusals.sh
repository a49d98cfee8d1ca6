#!/bin/sh
# The load client reports requests that it cannot serve, and results that are out of order, and fails.
# usage: refusals.sh bench conformance
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/server.sh"
bench=$1
start_server "$2" --port 0
failures=0

# expect code text words...: the load client ends with the code, and says the text
expect() {
  code=$1
  text=$2
  shift 2
  said=$("$bench" "$@" 2>&1) && got=0 || got=$?
  case $said in *"$text"*) if [ "$got" = "$code" ]; then return; fi ;; esac
  echo "expected '$text' and $code of bench $*; got $got: $said"
  failures=$((failures + 1))
}

expect 2 '--resume is for https' load http://127.0.0.1:1 --resume
expect 2 'TLS: wrong version number' load "https${url#http}" --clients 1
expect 2 'begins with http://' load example.org
expect 2 'a scenario is missing'
expect 2 "unknown scenario 'shout'" shout
expect 2 "unknown argument '--loud'" echo --loud
expect 2 "unknown argument '--clints'; did you mean --clients?" echo --clints=5
expect 2 '--clients needs a value' echo --clients
expect 2 '--clients: Value 0 not in range' echo --clients 0
expect 2 '--clients: Value many not in range' echo --clients=many
expect 2 'a URL goes with load' echo "$url"
expect 2 'load needs a URL' load --clients 1
expect 2 'binary goes over websocket' binary --transport polling
expect 2 '--compress is for websocket' poll --compress
expect 2 '--data is for echo, ack and broadcast' room --data 1
expect 2 'the server does not compress' load "$url" --compress --clients 2
expect 2 'file needs --path' file
expect 2 '--on-command is for scenarios that emit' idle --on-command
expect 2 '--rate is not for file' file --path /x --rate 5
expect 1 'an error in place of the file' load "$url" --scenario file --path /none --count 3
expect 1 'Connection refused' load http://127.0.0.1:1 --scenario file --path /none --clients 2
expect 2 'no client got in' load http://127.0.0.1:1 --clients 2
expect 2 'refused by the namespace' load "$url/auth" --clients 2
expect 0 'ok' load "$url/auth" --auth '{"token":"secret"}' --scenario idle --clients 2 --hold 0
expect 1 'no reply before the timeout' load "$url/custom" --clients 2 --timeout 0.5 --seconds 2
expect 1 'a reply out of order' load "$url" --scenario echo --event bcast --clients 3 --timeout 0.5 --seconds 2
expect 0 'usage: bench' --help

[ "$failures" = 0 ]
