#!/bin/sh
# A load on command: nothing is sent before the first line, and nobody leaves before the second.
# usage: on_command.sh bench server
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/server.sh"
bench=$1
start_server "$2" 0 --metrics-path /metrics
mkfifo "$dir/commands"
"$bench" echo --port "${url##*:}" --clients 3 --count 30 --on-command --json --quiet <"$dir/commands" >"$dir/found" &
load=$!
exec 3>"$dir/commands"

# reaches line: the load client prints it
reaches() {
  tries=0
  until grep -qx "$1" "$dir/found"; do
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || { echo "no '$1': $(cat "$dir/found")" && exit 1; }
    sleep 0.05
  done
}

# server_has figure: the metrics of the server have this line
server_has() {
  curl -sf "$url/metrics" | grep -qx "$1" || { echo "'$1' is not in the metrics" && curl -s "$url/metrics" && exit 1; }
}

reaches ready
sleep 0.3
server_has 'cosio_events_total 0'
server_has 'cosio_sockets 3'
echo >&3
reaches 'done'
server_has 'cosio_events_total 30'
server_has 'cosio_sockets 3'
echo >&3
wait "$load"
grep -q '"units":30,' "$dir/found"
