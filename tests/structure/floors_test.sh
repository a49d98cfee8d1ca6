#!/bin/sh
# floors.sh finds what it is there to find: every forbidden edge, planted in a copy of lib/, is reported.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lib=$here/../../lib
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$lib/." "$copy"
failures=0

# plant file include-line expectation: expectation is a part of the report, or nothing for an include that is allowed
plant() {
  printf '// Planted by a test.\n#include %s\n' "$2" >"$copy/$1"
  report=$("$here/floors.sh" "$copy" 2>&1) && passed=yes || passed=no
  rm "$copy/$1"
  case $3 in
    '') [ "$passed" = yes ] || fail "$1 may include $2, but: $report" ;;
    *) case $report in
         *"$1:2: $3"*) [ "$passed" = no ] || fail "reported, but succeeded: $1 $2" ;;
         *) fail "$1 with $2 must be reported as '$3', but: $report" ;;
       esac ;;
  esac
}
fail() { echo "$1"; failures=$((failures + 1)); }

"$here/floors.sh" "$copy" || fail "the copy itself does not pass"

# The whole table once more, written the other way round: what each floor must not see.
while read -r floor forbidden; do
  folder=$floor
  [ "$floor" != cosio ] || folder=include/cosio
  mkdir -p "$copy/$folder"
  for other in $forbidden; do
    plant "$folder/planted.hpp" "\"$other/planted.hpp\"" "$floor must not include $other/planted.hpp"
  done
  [ "$floor" = socketio ] || plant "$folder/planted.hpp" "\"$floor/planted.hpp\"" ''  # socketio: see below
done <<'TABLE'
cosio base wire async http engine adapter socketio contract api
base wire async http engine adapter socketio contract
wire async http engine adapter socketio contract
async wire http engine adapter socketio contract
http wire engine adapter socketio contract
engine adapter socketio contract
adapter http engine socketio contract
socketio contract api
api contract cluster
contract async http engine adapter socketio
TABLE

plant base/planted.cpp '<cosio/error.hpp>' ''
plant base/planted.cpp '<wire/utf8.hpp>' 'base must not include wire/utf8.hpp'
plant engine/planted.cpp '<boost/beast/http.hpp>' 'engine must not include <boost/beast/http.hpp>'
plant http/planted.cpp '<boost/beast/http.hpp>' ''
plant http/planted.hpp '<boost/beast/http.hpp>' 'Beast is for .cpp files'
plant http/planted.hpp '"http/beast.hpp"' 'http/beast.hpp is for .cpp files'
plant wire/planted.cpp '<mutex>' 'wire must not include <mutex>'
plant wire/planted.cpp '<nlohmann/json.hpp>' 'nlohmann-json is for wire/msgpack.cpp'
plant include/cosio/planted.hpp '<boost/asio.hpp>' 'cosio must not include <boost/asio.hpp>'
plant include/cosio/planted.hpp '<boost/asio/awaitable.hpp>' ''
plant include/cosio/planted.hpp '<boost/beast/http/message.hpp>' 'cosio must not include <boost/beast/http/message.hpp>'
plant base/planted.cpp '"sid.hpp"' 'include by floor and name'
plant base/planted.cpp '"../wire/utf8.hpp"' 'include by floor and name'
plant base/planted.cpp '"attic/utf8.hpp"' 'no such floor'

mkdir "$copy/attic"
echo '// A folder that nobody put in the table.' >"$copy/attic/planted.hpp"
if report=$("$here/floors.sh" "$copy"); then fail "a new folder of lib/ went unnoticed"; fi
case $report in *'no floor of this name'*) ;; *) fail "a new folder: $report" ;; esac

rm -r "$copy/attic"

# add room file include-line expectation: the include is put at the end of a file that exists
add() {
  cp "$copy/$1" "$copy/kept"
  printf '#include %s\n' "$2" >>"$copy/$1"
  report=$("$here/floors.sh" "$copy" 2>&1) && passed=yes || passed=no
  mv "$copy/kept" "$copy/$1"
  case $3 in '') [ "$passed" = yes ] || fail "$1 may include $2, but: $report" && return ;; esac
  case $report in
    *"$3"*) [ "$passed" = no ] || fail "reported, but succeeded: $1 $2" ;;
    *) fail "$1 with $2 must be reported as '$3', but: $report" ;;
  esac
}

# The order inside socketio: header or source, each edge upwards is reported.
add socketio/nsp_core.cpp '"socketio/socket_core.hpp"' 'socketio/nsp_core must not include socketio/socket_core.hpp'
add socketio/socket_core.hpp '"socketio/client_sockets.hpp"' 'socketio/socket_core must not include socketio/client_sockets.hpp'
add socketio/dispatch.cpp '"socketio/client_core.hpp"' 'socketio/dispatch must not include socketio/client_core.hpp'
add socketio/connect.cpp '"socketio/server_core.hpp"' 'socketio/connect must not include socketio/server_core.hpp'
add socketio/client_core.cpp '"socketio/server_core.hpp"' 'socketio/client_core must not include socketio/server_core.hpp'
add socketio/server_core.cpp '"socketio/asking.hpp"' ''
add socketio/stopping.cpp '"socketio/asking.hpp"' 'socketio/stopping must not include socketio/asking.hpp'

# A room that nobody put in the order, and a circle that needs a header and a source.
echo '// A room without a place.' >"$copy/socketio/planted.hpp"
if report=$("$here/floors.sh" "$copy"); then fail "a new room of socketio went unnoticed"; fi
case $report in *'socketio/planted has no place in the order'*) ;; *) fail "a new room: $report" ;; esac
rm "$copy/socketio/planted.hpp"

echo '#include "engine/other_planted.hpp"' >"$copy/engine/planted.hpp"
echo '#include "engine/third_planted.hpp"' >"$copy/engine/other_planted.cpp"
echo '// Beside its source.' >"$copy/engine/other_planted.hpp"
echo '#include "engine/planted.hpp"' >"$copy/engine/third_planted.hpp"
if report=$("$here/floors.sh" "$copy"); then fail "a circle of three rooms went unnoticed"; fi
case $report in *'a circle of rooms: engine/'*planted*) ;; *) fail "a circle: $report" ;; esac

[ "$failures" = 0 ]
