#!/bin/sh
# One load for a second: nothing goes wrong, and something is counted.
# usage: scenario.sh bench server [its arguments...] -- {load | scenario} [flags...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/server.sh"
bench=$1
shift
command=$1
shift
# The words before "--" are the server's, those behind it the load client's.
arguments=''
while [ "$1" != -- ]; do
  arguments="$arguments $1"
  shift
done
shift
# shellcheck disable=SC2086  # a list of words
start_server "$command" $arguments

what=$1
shift
port=${url##*:}
case $what in
  load) set -- load "$url" "$@" ;;
  *) set -- "$what" --port "$port" "$@" ;;
esac
"$bench" "$@" --seconds 1 --warmup 0.2 --hold 0.5 --pid "$server" --json >"$dir/found" || {
  echo "failed: bench $*"
  cat "$dir/found" "$dir/wrong"
  exit 1
}
cat "$dir/found"
grep -q '"ok":true' "$dir/found"
grep -Eq '"units":[1-9]' "$dir/found"
grep -Eq '"server_cpu_us_per_unit":[0-9.]*[1-9]' "$dir/found"
case " $* " in *' --count '*) grep -q "\"units\":${*##*--count }\b" "$dir/found" ;; esac
case " $* " in *' --resume'*) grep -q '"tls_handshakes":20,"tls_resumed":19' "$dir/found" ;; esac
case " $* " in *' --compress '*) grep -q '"compressed_messages":[1-9]' "$dir/found" ;; esac
case $what in load | idle | connect | file) ;; *) grep -q '"other_events":0' "$dir/found" ;; esac
