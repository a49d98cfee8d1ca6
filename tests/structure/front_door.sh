#!/bin/sh
# What <cosio/cosio.hpp> brings into a user's file: the whole front door, but neither Beast nor all of Asio.
# Two headers stay outside: beast.hpp converts requests of applications that have a Beast server of their own, and is included by these alone;
# typescript.hpp is for programs of the build.
# usage: front_door.sh include-directory compiler [flags...]
set -eu
front=$1
shift
printf '#include <cosio/cosio.hpp>\n' | "$@" -std=c++20 "-I$front" -x c++ -M - | tr ' ' '\n' |
  awk -v front="$front" '
    /boost\/(beast|asio\.hpp)/ { print "cosio.hpp brings in " $0; bad = 1 }
    index($0, front "/cosio/") { seen[$0] = 1 }
    END {
      list = "ls \"" front "\"/cosio/*.hpp"
      while ((list | getline header) > 0) {
        count++
        if (header ~ /\/(beast|typescript)\.hpp$/) {
          if (header in seen) { print "cosio.hpp brings in " header; bad = 1 }
          continue
        }
        if (!(header in seen)) { print "cosio.hpp leaves out " header; bad = 1 }
      }
      if (!count) { print "no headers in " front; bad = 1 }
      exit bad
    }'
