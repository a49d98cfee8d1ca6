#!/bin/sh
# Checks the includes of <cosio/cosio.hpp>: the headers that an author of handlers needs, and neither Beast nor all
# of Asio.
# The headers in by_name are asked for by name: most programs use none of them, and every program would compile them.
# docs/building.md has the time that a compiler needs for the rest: twice that of a coroutine of Asio alone.
# usage: front_door.sh include-directory compiler [flags...]
set -eu
by_name='adapter admin any_stream beast cluster cluster_emitter contract contract_checks forwarding http_api parser postgres process_wire redis successor typescript'
front=$1
shift
printf '#include <cosio/cosio.hpp>\n' | "$@" -std=c++20 "-I$front" -x c++ -M - | tr ' ' '\n' |
  awk -v front="$front" -v by_name="$by_name" '
    /boost\/(beast|asio\.hpp)/ { print "cosio.hpp brings in " $0; bad = 1 }
    index($0, front "/cosio/") { seen[$0] = 1 }
    END {
      list = "ls \"" front "\"/cosio/*.hpp"
      while ((list | getline header) > 0) {
        count++
        name = header
        gsub(/.*\/|\.hpp$/, "", name)
        if (index(" " by_name " ", " " name " ")) {
          named++
          if (header in seen) { print "cosio.hpp brings in " header; bad = 1 }
        } else if (!(header in seen)) {
          print "cosio.hpp leaves out " header
          bad = 1
        }
      }
      if (!count) { print "no headers in " front; bad = 1 }
      if (named != split(by_name, one, " ")) { print "by_name names a header that is not there"; bad = 1 }
      exit bad
    }'
