#!/bin/bash
# Asks this machine for a page, and says whether the answer is 200. An image has no other program for this: bash opens
# the connection.
# usage: healthy.sh port path
set -eu
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
