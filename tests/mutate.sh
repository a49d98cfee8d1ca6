#!/bin/sh
# Changes the library in one place, runs the tests, and says whether one of them saw it; and so on, for a random sample.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh tests/mutate.sh [options] [floor...]

  floor         a folder of lib: base wire async http engine adapter socketio cluster api (all of them)
  --sample N    how many changes (20)
  --seed S      which of them: the same seed chooses the same changes of the same commit (1)
  --own         run the tests of the changed floor only, not those of the floors above when nothing was seen
  --seconds N   for one build, and for one run of a test program, beyond what the unchanged one takes (120)
  --list        print the sample and change nothing
  --no-install  do not install packages, use what is there

What is committed is changed, in a copy of it under build/mutate, never the working tree. Sources are changed, headers
are not. Each change that no test sees is printed; the last line has the share of those that were seen. The status is 0
when all were.
END
}

sample=20
seed=1
own=no
seconds=120
list=no
install=yes
floors=''
while [ $# -gt 0 ]; do
  case $1 in
    --sample | --seed | --seconds)
      case ${2:-} in '' | *[!0-9]*) die "$1 needs a number" ;; esac
      case $1 in --sample) sample=$2 ;; --seed) seed=$2 ;; *) seconds=$2 ;; esac
      shift
      ;;
    --own) own=yes ;;
    --list) list=yes ;;
    --no-install) install=no ;;
    -h | --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
    *) [ -d "lib/$1" ] || die "There is no folder lib/$1."; floors="$floors $1" ;;
  esac
  shift
done
floors=${floors:-base wire async http engine adapter socketio cluster api}

# The floors whose programs link a floor, the nearest first.
above() {
  case $1 in
    base) echo wire async http adapter engine socketio cluster contract api ;;
    wire) echo adapter engine socketio cluster contract api ;;
    async) echo http adapter engine socketio cluster api ;;
    http) echo engine socketio api ;;
    engine) echo socketio api ;;
    adapter) echo socketio cluster api ;;
    socketio) echo cluster api ;;
  esac
}

dir=$PWD/build/mutate
tree=$dir/tree
build=$tree/build/dev
mkdir -p "$dir"

# A clone shares the objects of this repository, and checkout writes only files that differ.
copy_tree() {
  commit=$(git rev-parse HEAD)
  [ -d "$tree/.git" ] || git clone -q --shared --no-checkout "$(git rev-parse --path-format=absolute --git-common-dir)" "$tree"
  git -C "$tree" checkout -q --force --detach "$commit"
}

# All mutations in an order that the seed decides, the same with every awk: a generator of Park and Miller.
shuffled() {
  for floor in $floors; do (cd "$tree" && awk -f "$OLDPWD/tests/mutations.awk" "lib/$floor"/*.cpp); done |
    awk -v state="$((seed % 2147483646 + 1))" '
      function draw(below) { state = state * 16807 % 2147483647; return state % below }
      { line[NR] = $0 }
      END {
        for (i = NR; i > 0; --i) {
          at = draw(i) + 1
          print line[at]
          line[at] = line[i]
        }
      }'
}

running=''
restore() { git -C "$tree" checkout -q --force -- . 2>/dev/null || true; }
finish() {
  [ -z "$running" ] || kill "$running" 2>/dev/null || true  # timeout hands it on to all that it started
  restore
}

# within seconds log command...: its status, or 124 when it took longer. What it started ends with it.
within() {
  limit=$1
  log=$2
  shift 2
  timeout -k 5 "$limit" "$@" >"$log" 2>&1 &
  running=$!
  code=0
  wait "$running" || code=$?
  running=''
  return "$code"
}

build_tests() { within "$1" "$dir/build.log" cmake --build "$build" --target "$2_tests" -j "$(jobs)"; }
# A change may make a program take memory without end.
run_tests() {
  # shellcheck disable=SC2016  # the inner shell's
  within "$1" "$dir/tests.log" sh -c 'ulimit -v 8000000 && exec "$0" --abort' "$build/tests/$2_tests"
}

# Builds the unchanged program of a floor and runs it: how long it takes is noted. That the floor has been tried is noted, too.
try_unchanged() {
  if [ -f "$dir/took.$1" ]; then return; fi
  say "=== $1: the unchanged tests" >&2
  build_tests 36000 "$1" || { tail -n 40 "$dir/build.log" >&2; die "$1_tests does not build."; }
  begun=$(date +%s)
  run_tests 3600 "$1" || { tail -n 40 "$dir/tests.log" >&2; die "$1_tests fails without any change."; }
  echo $(($(date +%s) - begun)) >"$dir/took.$1"
}

# Whether the tests of a floor see the change that is in the tree. Sets $verdict: seen, unseen, or broken when it does not
# compile. (Not printed: a subshell would know nothing of the traps.)
try_changed() {
  verdict=broken
  build_tests "$seconds" "$1" || return 0
  verdict=unseen
  run_tests $(($(cat "$dir/took.$1") + seconds)) "$1" || verdict=seen
}

# Puts a new text into a line of a file of the tree.
change() {
  awk -v at="$2" -v text="$(printf '%s' "$3" | sed 's/\\/\\\\/g')" 'NR == at { $0 = text } { print }' "$tree/$1" >"$dir/changed"
  cat "$dir/changed" >"$tree/$1"
}

# Tries one mutation: file line kind text. Adds a word to $dir/outcomes.
try_one() {
  floor=${1#lib/}
  floor=${floor%%/*}
  try_unchanged "$floor"
  change "$1" "$2" "$4"
  try_changed "$floor"
  outcome=$verdict
  if [ "$outcome" = seen ]; then outcome=own; fi
  if [ "$outcome" = unseen ] && [ "$own" = no ]; then try_above "$@"; fi
  if [ "$outcome" = unseen ]; then
    say "survived: $1:$2 ($3)"
    git -C "$tree" diff -U0 -- "$1" | sed -n '/^[-+][^-+]/p'
  fi
  restore
  echo "$outcome" >>"$dir/outcomes"
}

try_above() {
  for other in $(above "$floor"); do
    restore
    try_unchanged "$other"
    change "$1" "$2" "$4"
    try_changed "$other"
    if [ "$verdict" = seen ]; then outcome=above && return; fi
  done
}

count() { grep -c -x -E "$1" "$dir/outcomes" || true; }

if [ "$install" = yes ] && [ "$list" = no ]; then
  need_build
  need_tests
  install_needed
fi
has_command git || die "git is needed: the copy is made of a commit."
trap finish EXIT
trap 'exit 130' INT TERM
copy_tree
shuffled >"$dir/mutations"
if [ "$list" = yes ]; then head -n "$sample" "$dir/mutations" && exit; fi

rm -f "$dir"/took.* "$dir/outcomes"
touch "$dir/outcomes"
# As the working tree is built, so that a compiler cache knows the unchanged files; but with a shared library, so that a
# change costs one object and one link, however many test programs there are.
(cd "$tree" && cmake --preset dev -D COSIO_BUILD_APPS=OFF -D BUILD_SHARED_LIBS=ON -D CMAKE_LINK_DEPENDS_NO_SHARED=ON) \
  >"$dir/configure.log" 2>&1 ||
  { cat "$dir/configure.log" >&2; die "CMake failed."; }

# Those that do not compile do not count. The tests of one floor after the other keep what is built.
tab=$(printf '\t')
while IFS="$tab" read -r file line kind text <&3; do
  [ "$(count 'own|above|unseen')" -lt "$sample" ] || break
  try_one "$file" "$line" "$kind" "$text"
done 3<"$dir/mutations"

tried=$(count 'own|above|unseen')
survived=$(count unseen)
seen=$((tried - survived))
say "$seen of $tried changes were seen ($(awk "BEGIN { printf \"%.1f\", $tried ? 100 * $seen / $tried : 0 }") %): $(count own) by the tests of their floor, \
$(count above) by those above. $(count broken) did not compile."
[ "$survived" = 0 ]
