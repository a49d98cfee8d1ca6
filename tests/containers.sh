#!/bin/sh
# Checks the files of apps/containers, and runs the steps of the Dockerfile without Docker: in new Debian systems.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh
. tests/fresh_root.sh

usage() {
  cat <<'END'
usage: sh tests/containers.sh [--check] [--keep] [--mirror URL]

  --check       compare the Dockerfile and the compose files with the tree, and run nothing
  --keep        leave the last system in build/containers
  --mirror URL  of Debian packages; otherwise what this machine's apt uses

Needs Python with yaml; without --check also root, debootstrap, curl, git and unshare. The committed state is tried. Not
tried: layers and networks of Docker, the images of Redis and nginx, nginx.conf.
END
}

files=apps/containers
only_check=no
own_option() {
  [ "$1" = --check ] || return 1
  only_check=yes
}
read_options "$@"

# 77: ctest says "skipped".
if ! python3 -c 'import yaml' 2>/dev/null; then
  say "Python has no yaml here (apt-get install python3-yaml)."
  exit 77
fi
python3 tests/containers.py check "$files" . || die "=== failed: $files does not agree with the tree, or breaks a rule"
[ "$only_check" = no ] || exit 0

need_root
own_namespace tests/containers.sh "$@"

dir=$PWD/build/containers
suite=bookworm
context=$dir/context

# The context of the build: the committed tree.
make_context() {
  rm -rf "$context"
  mkdir -p "$context"
  git archive HEAD | tar -x -C "$context"
}

# copy words: COPY of the Dockerfile; the programs of the stage "build" were put into $dir/build
copy() {
  from=$context
  case $1 in --from=*) from=$dir/${1#--from=}; shift ;; esac
  for word in "$@"; do target=$word; done
  case $target in /*) target=$root$target ;; *) target=$root$workdir/$target ;; esac
  mkdir -p "$(dirname "$target")"
  if [ -d "$from/$1" ]; then cp -a "$from/$1/." "$target"; else cp -a "$from/$1" "$target"; fi
}

# run_stage stage: its steps, in the new system
run_stage() {
  python3 tests/containers.py steps "$files" "$1" >"$dir/$1.steps"
  workdir=/
  tab=$(printf '\t')
  while IFS=$tab read -r instruction arguments <&3; do
    say "--- $instruction $arguments"
    case $instruction in
      WORKDIR) workdir=$arguments; mkdir -p "$root$workdir" ;;
      # shellcheck disable=SC2086  # a list of words
      COPY) copy $arguments ;;
      RUN) (inside sh -c "cd '$workdir' && $arguments") || return 1 ;;
      *) ;;
    esac
  done 3<"$dir/$1.steps"
}

# base name: a new system without the tree; the image that the Dockerfile names has none either
base() {
  make_root
  rm -rf "$root/cosio"
  mkdir "$root/cosio"
}

keep_programs() {
  for program in chat/chat cluster_node/cluster_node; do
    mkdir -p "$dir/build/cosio/build/release/apps/${program%/*}"
    cp "$root/cosio/build/release/apps/$program" "$dir/build/cosio/build/release/apps/$program"
  done
}

as_cosio() { inside setpriv --reuid=cosio --regid=cosio --clear-groups "$@"; }

# The program as the image starts it, the health check as Docker runs it, and the end as Docker asks for it.
serve() {
  (as_cosio /usr/local/bin/chat --host 0.0.0.0 --port 3000) &
  pid=$!
  tries=50
  until (as_cosio bash /usr/local/bin/healthy 3000 /); do
    kill -0 "$pid" 2>/dev/null || return 1
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.2
  done
  if (as_cosio bash /usr/local/bin/healthy 3000 /no-such-page); then say "healthy without a page"; return 1; fi
  kill -TERM "$pid"
  wait "$pid"
}

make_context
use_root "$suite.build"
step 'base of the stage build' base
step 'stage build' run_stage build
took 'stage build' "$begun"
rm -rf "$dir/build"
keep_programs
clean_up

use_root "$suite.chat"
step 'base of the stage chat' base
step 'stage chat' run_stage chat
step 'chat, not as root' serve
clean_up

use_root "$suite.cluster_node"
step 'base of the stage cluster_node' base
step 'stage cluster_node' run_stage cluster_node
# Its libraries are there. Nothing else of it can be tried without Redis.
step 'cluster_node, not as root' as_cosio /usr/local/bin/cluster_node --version
say "=== all passed$summary"
