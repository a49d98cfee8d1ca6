#!/bin/sh
# clang-format-19 and clang-tidy-19 over a part of the tree, with the settings at its top. The tidy preset checks the
# whole tree, which takes long.
# usage: tidy.sh [file...]         the files named, or all of them
#        tidy.sh --since REVISION  what differs from that revision, files that git does not know yet included
#
# A header is checked with its own source, or with one that includes it. Sources that no build compiles (tests/consumer
# is a project of its own) are only checked by clang-format. Other names of the tools: CLANG_FORMAT, CLANG_TIDY;
# processes: JOBS.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
commands=build/tidy/compile_commands.json

# Filters a list of files: only files of ours that exist (a difference also names removed ones).
ours() {
  while IFS= read -r file; do
    file=${file#"$top/"}
    case $file in lib/*.[ch]pp | apps/*.[ch]pp | fuzz/*.[ch]pp | tests/*.[ch]pp) [ ! -f "$file" ] || echo "$file" ;; esac
  done | sort -u
}
list() {
  case ${1-} in
    '') git -C "$top" ls-files ;;
    --since) git -C "$top" diff --name-only "${2:?a revision is missing}" -- && git -C "$top" ls-files --others --exclude-standard ;;
    *) realpath -- "$@" ;;
  esac
}

is_compiled() { grep -qF "\"file\": \"$top/$1\"" "$commands"; }
# The sources that show a file to clang-tidy: it runs on them.
sources() {
  while IFS= read -r file; do
    if [ "$file" = "${file%.hpp}" ]; then
      if is_compiled "$file"; then echo "$file"; fi
    elif [ -f "${file%.hpp}.cpp" ] && is_compiled "${file%.hpp}.cpp"; then
      echo "${file%.hpp}.cpp"
    else
      including "$file"
    fi
  done | sort -u
}
including() {
  git grep --untracked -lE "^#include [\"<]([a-z_/]*/)?${1##*/}[\">]" -- '*.cpp' | while IFS= read -r source; do
    if is_compiled "$source"; then echo "$source" && break; fi
  done
}

case ${1-} in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0" && exit ;; esac
listed=$(list "$@") || exit 2
cd "$top"
files=$(printf '%s\n' "$listed" | ours)
[ -n "$files" ] || { echo 'nothing to check' && exit; }

failed=no
# shellcheck disable=SC2086  # lists of words: no name in the tree has a space
"${CLANG_FORMAT:-clang-format-19}" --dry-run --Werror $files || failed=yes

[ -f "$commands" ] || cmake --preset tidy >/dev/null
checked=$(printf '%s\n' "$files" | sources)
if [ -n "$checked" ]; then
  # shellcheck disable=SC2086
  printf '%s\n' $checked | xargs -n 1 -P "${JOBS:-1}" "${CLANG_TIDY:-clang-tidy-19}" --quiet -p build/tidy || failed=yes
fi
[ "$failed" = no ]
