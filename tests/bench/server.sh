# Sourced by the tests of the benchmark: a server that is there until the script ends.
#
#   start_server program [arguments...]   sets $url

dir=$(mktemp -d)
server=''
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" || true
  rm -rf "$dir"
}
trap finish EXIT

start_server() {
  : >"$dir/said" # the shell below may take its time to do so
  "$@" >"$dir/said" 2>"$dir/wrong" &
  server=$!
  tries=0
  until grep -Eq '^(ready|listening)' "$dir/said"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
      echo "the server did not start:"
      cat "$dir/said" "$dir/wrong"
      exit 1
    fi
    sleep 0.05
  done
  url=http://127.0.0.1:$(sed -nE '1s/.*[ :]([0-9]+)$/\1/p' "$dir/said") # the port is the last number of the first line
}
