#!/bin/sh
# Includes run down the house only: every #include of a floor of lib/ is checked against the table below.
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
cluster:  boost/(beast|asio\.hpp)|openssl
'

find "$lib" -name '*.hpp' -o -name '*.cpp' | sort | awk -v lib="$lib" -v table="$table" -v foreign="$foreign" '
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
    if (included == "http/beast.hpp" && file ~ /\.hpp$/) complain("http/beast.hpp is for .cpp files")
  }
  BEGIN { rows(table, may); rows(foreign, not_from_others) }
  {
    file = $0
    number = 0
    from = floor_of(file)
    if (!(from in may)) { complain("no floor of this name in the table of floors.sh"); next }
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
    if (!files) { print "no sources below " lib; bad = 1 }
    exit bad
  }'
