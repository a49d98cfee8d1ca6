#!/bin/sh
# A command that lacks a word, has one too many, or is none, is answered with all commands, and nothing is sent.
# usage: emit.sh program
set -eu
. "$(dirname "$0")/expect.sh"
program=$1
expect 2 stderr 'emit disconnect ROOM' "$program" emit '*'
expect 2 stderr 'emit disconnect ROOM' "$program" emit '*' event text more
expect 2 stderr 'emit disconnect ROOM' "$program" remove room
expect 2 stderr 'adapter' "$program" emit room event text --adapter nothing
expect 2 stderr 'emit disconnect ROOM' env ADAPTER=nothing "$program" emit room event text
expect 2 stderr 'emit disconnect ROOM' "$program"
finish
