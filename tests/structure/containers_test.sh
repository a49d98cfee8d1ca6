#!/bin/sh
# containers.py finds what it must find in a Dockerfile and in compose files. Exits with 77 if Python has no yaml.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 -c 'import yaml' 2>/dev/null || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }
cp -R "$here/../../apps/containers" "$dir/original"

check() { python3 "$here/../containers.py" check "$dir/apps/containers" "$here/../.." 2>&1; }

# broken file sed-command expectation
broken() {
  rm -rf "$dir/apps"
  mkdir "$dir/apps"
  cp -R "$dir/original" "$dir/apps/containers"
  sed "$2" "$dir/original/$1" >"$dir/apps/containers/$1"
  report=$(check) && fail "not noticed: $2"
  case $report in *"$3"*) ;; *) fail "after $2 it must say '$3', but: $report" ;; esac
}

broken Dockerfile '/^USER/d' 'chat: runs as root'
broken Dockerfile '/^HEALTHCHECK/d' 'cluster_node: no HEALTHCHECK'
broken Dockerfile 's/^FROM debian:12-slim AS runtime/FROM debian AS runtime/' 'an image without a version: debian'
broken Dockerfile 's/ --no-install-recommends//' 'without --no-install-recommends'
broken Dockerfile 's/--from=build/--from=built/' 'COPY from built, which is no stage'
broken Dockerfile 's/healthy\.sh/health.sh/' 'COPY of apps/containers/health.sh, which is not there'
broken Dockerfile 's/^ENTRYPOINT .*/ENTRYPOINT chat/' 'ENTRYPOINT is not a list'
broken chat.yaml 's/target: chat/target: chatt/' 'chat.yaml: chat: no stage chatt'
broken chat.yaml 's/127\.0\.0\.1:3000/3000/' 'is open to everybody'
broken cluster.yaml 's/image: redis:7/image: redis/' 'an image without a version'
broken cluster.yaml 's/nginx\.conf/proxy.conf/' 'no ./proxy.conf'
[ "$failures" = 0 ]
