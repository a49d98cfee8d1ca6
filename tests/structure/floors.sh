#!/bin/sh
# Includes run down the house only: every #include of a floor of lib/ is checked against the tables below.
# Inside a floor, no circle of rooms: a room is name.hpp together with name.cpp.
# usage: floors.sh [lib directory]     prints each forbidden edge and fails when there is one
set -eu
lib=${1:-$(dirname "$0")/../../lib}

# floor: the floors that it may include. A new folder of lib/ needs a row.
table='
cosio:    cosio
base:     cosio base
wire:     cosio base wire
contract: cosio base wire contract
async:    cosio base async
http:     cosio base async http
engine:   cosio base wire async http engine
adapter:  cosio base wire async adapter
socketio: cosio base wire async http engine adapter socketio
cluster:  cosio base wire async adapter cluster
api:      cosio base wire async http engine adapter socketio api
admin:    cosio base wire async http engine adapter socketio admin
'

# floor: headers of others that it must not include, as extended regular expressions. Beast stays behind http.
foreign='
cosio:    boost/(beast|asio\.hpp|url)|openssl|zlib\.h|sys/
base:     boost/(beast|asio|url)|zlib\.h
wire:     boost/(beast|asio|url)|sys/|c?time|chrono|thread|mutex|shared_mutex|condition_variable|coroutine|future|filesystem|fstream|iostream
contract: boost/(beast|asio|url)|openssl|zlib\.h|sys/
async:    boost/(beast|url)
http:     boost/asio\.hpp
engine:   boost/(beast|asio\.hpp)
adapter:  boost/(beast|asio\.hpp|url)|openssl
socketio: boost/(beast|asio\.hpp)|openssl
cluster:  boost/(beast|asio\.hpp)
api:      boost/(beast|asio\.hpp|url)
admin:    boost/(beast|asio\.hpp|url)
'

# floor: its rooms, the lowest row first. A room may include the rooms of rows above its own only. A new room of a floor
# that is listed here needs a place. The last row of socketio has the handles, which users hold.
order='
socketio: acks adapter_line auth_remark background checks client_host event_name expiry foreign_parser
socketio: handshake held_events
socketio: listener_handle middleware misfit_subject mounting next nsp_name nsp_pattern nsp_watcher options rate_limiter refusals
socketio: shared_name socket_ids socket_owner told_error
socketio: batch_memory encoded_packet identity listeners
socketio: nsp_core
socketio: nsp_table
socketio: socket_core
socketio: misfits socket_remarks
socketio: asking socket_ack stopping
socketio: dispatch
socketio: client_sockets
socketio: connect
socketio: client_core
socketio: server_core
socketio: server_closing
socketio: broadcast metrics nsp server socket
'

find "$lib" -name '*.hpp' -o -name '*.cpp' | sort | awk -v lib="$lib" -v table="$table" -v foreign="$foreign" -v order="$order" '
  function rows(text, into,    line, n, i, at) {
    n = split(text, line, "\n")
    for (i = 1; i <= n; i++) {
      at = index(line[i], ":")
      if (at == 0) continue
      into[substr(line[i], 1, at - 1)] = substr(line[i], at + 1)
      gsub(/^ +| +$/, "", into[substr(line[i], 1, at - 1)])
    }
  }
  function floor_of(path) {
    path = substr(path, length(lib) + 2)
    sub(/^include\//, "", path)
    if (!index(path, "/")) return ""
    sub(/\/.*/, "", path)
    return path
  }
  # The includes inside a floor, as edges between rooms. cosio/x is the room of include/cosio/x.hpp.
  function room_of(path) {
    sub(/^include\//, "", path)
    sub(/\.[ch]pp$/, "", path)
    return path
  }
  function places(text,    line, part, n, m, i, j) {
    n = split(text, line, "\n")
    for (i = 1; i <= n; i++) {
      m = split(line[i], part, /[: ]+/)
      if (m < 2) continue
      ordered[part[1]] = 1
      for (j = 2; j <= m; j++) place[part[1] "/" part[j]] = i
    }
  }
  function check_place(included,    to) {
    to = room_of(included)
    if (to == room) return
    if (!((room, to) in edge)) {
      edge[room, to] = file ":" number
      others[room] = others[room] " " to
    }
    if (!(from in ordered) || !(room in place) || !(to in place)) return
    if (place[to] >= place[room]) complain(room " must not include " included ": see the order of " from)
  }
  # Depth first; state 1: on the way that is being followed.
  function follow(at,    next_of, n, i) {
    state[at] = 1
    way[++depth] = at
    n = split(others[at], next_of, " ")
    for (i = 1; i <= n; i++) {
      if (state[next_of[i]] == 1) complain_of_circle(next_of[i])
      else if (state[next_of[i]] == 0) follow(next_of[i])
    }
    state[at] = 2
    depth--
  }
  function complain_of_circle(first,    i, text) {
    for (i = depth; way[i] != first; i--) text = " -> " way[i] text
    print edge[way[depth], first] ": a circle of rooms: " first text " -> " first
    bad = 1
  }
  function complain(why) { print file ":" number ": " why; bad = 1 }
  function check(included,    to) {
    to = included
    sub(/\/.*/, "", to)
    if (included ~ /^\.\.?\//) complain("include by floor and name, not by \"" included "\"")
    else if (to in may) { if (!index(" " may[from] " ", " " to " ")) complain(from " must not include " included) }
    else if (quoted && !index(included, "/")) complain("include by floor and name: \"" from "/" included "\"")
    else if (quoted) complain("no such floor: " included)
    else if (from == "cosio" && file ~ /\/cosio\/beast\.hpp$/ && included ~ /^boost\/beast\/http\//) return  # optional, see front_door.sh
    else if (included ~ ("^(" not_from_others[from] ")")) complain(from " must not include <" included ">")
    else if (from == "http" && file ~ /\.hpp$/ && included ~ /^boost\/beast/ && file !~ /\/http\/beast\.hpp$/)
      complain("Beast is for .cpp files of http and for http/beast.hpp")
    if (included ~ /^nlohmann\// && file !~ /\/wire\/msgpack\.cpp$/) complain("nlohmann-json is for wire/msgpack.cpp")
    if (to == from) check_place(included)
    if (included == "http/beast.hpp" && file ~ /\.hpp$/) complain("http/beast.hpp is for .cpp files")
  }
  BEGIN { rows(table, may); rows(foreign, not_from_others); places(order) }
  {
    file = $0
    number = 0
    from = floor_of(file)
    if (!(from in may)) { complain("no floor of this name in the table of floors.sh"); next }
    room = room_of(substr(file, length(lib) + 2))
    if (from in ordered && !(room in place)) complain(room " has no place in the order of floors.sh")
    while ((getline line < file) > 0) {
      number++
      if (line !~ /^[ \t]*#[ \t]*include[ \t]*["<]/) continue
      quoted = line ~ /#[ \t]*include[ \t]*"/
      sub(/^[^"<]*["<]/, "", line)
      sub(/[">].*/, "", line)
      check(line)
    }
    close(file)
    files++
  }
  END {
    for (at in others) if (state[at] == 0) follow(at)
    if (!files) { print "no sources below " lib; bad = 1 }
    exit bad
  }'
