#!/bin/sh
# Messages of commits keep the rules of docs/contributing.md: a subject of at most 72 characters, "area: what changes",
# then an empty line and a body. A trifle needs no body: its only area is docs, or it changes at most 20 lines.
# usage: commits.sh                   the commits since the last tag; without a tag, those since the first rule (below)
#        commits.sh --since REVISION  the commits since that one
#        commits.sh --hook FILE       the message in this file, for what is in the index: git's hook commit-msg
#
# Exits with 77, which ctest reports as "skipped", where there is no history to look at, and says why.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)

# The rules hold for what follows this commit. Older messages break them, and history that others have is not rewritten.
first=a92cc67c437fabac7ddf1be2bb6714fa7d8a054b

most_characters=72
lines_of_a_trifle=20

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0"; }
cannot() {
  echo "No message was checked: $*"
  exit 77
}

message=$(mktemp)
trap 'rm -f "$message"' EXIT
failures=0
complain() {
  echo "$name: $1: $subject"
  failures=$((failures + 1))
}

# Lines that numstat lists as added and removed; a binary file counts as more than a trifle.
lines() { awk -v binary="$((lines_of_a_trifle + 1))" '{ sum += $1 == "-" ? binary : $1 + $2 } END { print sum + 0 }'; }

# check name lines: the message is in the file, the commit changes so many lines
check() {
  name=$1
  subject=$(sed -n 1p "$message")
  characters=$(printf '%s' "$subject" | LC_ALL=C.UTF-8 wc -m)
  [ "$characters" -le "$most_characters" ] || complain "a subject of $characters characters ($most_characters)"
  printf '%s\n' "$subject" | grep -qE '^[a-z][a-z0-9_./-]*(, [a-z][a-z0-9_./-]*)*: [^ ]' ||
    complain 'a subject that is not "area: what changes"'
  case $subject in *.) complain 'a subject that ends with a full stop' ;; esac
  [ -z "$(sed -n 2p "$message")" ] || complain 'no empty line after the subject'
  if [ "$2" -le "$lines_of_a_trifle" ]; then return; fi
  case $subject in 'docs: '*) return ;; esac
  # Lines such as "Signed-off-by: somebody" are no body.
  sed 1d "$message" | grep -vE '^[A-Z][A-Za-z-]*-by: ' | grep -q '[^ ]' || complain "no body, and $2 lines changed"
}

case ${1-} in
  -h | --help) usage && exit ;;
  --hook)
    sed '/^# -* >8 -*$/,$d' "${2:?the file of the message is missing}" | git stripspace --strip-comments >"$message"
    # git commit --fixup makes such subjects, and git rebase --autosquash removes them.
    if grep -qE '^(fixup|squash|amend)! ' "$message"; then exit; fi
    check 'this commit' "$(git diff --cached --numstat | lines)"
    [ "$failures" = 0 ]
    exit
    ;;
  '' | --since) ;;
  *) usage >&2 && exit 2 ;;
esac

command -v git >/dev/null || cannot 'git is not installed.'
root=$(git -C "$top" rev-parse --show-toplevel 2>&1) || cannot "no checkout of git ($root)."
[ "$root" = "$top" ] || cannot 'this tree is not a checkout of its own.'
cd "$top"

shallow=$(git rev-parse --is-shallow-repository)
# Where a shallow clone ends: the parents of these commits are not there, so what they change is not known.
ends=''
[ "$shallow" = false ] || ends=$(tr '\n' ' ' <"$(git rev-parse --git-path shallow)")

if [ $# -gt 0 ]; then
  since=$(git rev-parse --verify --quiet "${2:?a revision is missing}^{commit}") || { echo "no such revision: $2" && exit 2; }
elif since=$(git describe --tags --abbrev=0 2>/dev/null); then
  :
elif git merge-base --is-ancestor "$first" HEAD 2>/dev/null; then
  since=$first
elif [ "$shallow" = true ]; then
  since=''
else
  echo "Neither a tag nor $first is in this history: say where to begin, with --since."
  exit 1
fi

# shellcheck disable=SC2086  # nothing, or one word
commits=$(git rev-list --reverse --no-merges HEAD ${since:+"^$since"} --)
checked=0
left_out=''
for commit in $commits; do
  case " $ends " in
    *" $commit "*)
      left_out=" But $(git rev-parse --short "$commit"), where this shallow clone ends, was not."
      continue
      ;;
  esac
  git log -1 --format=%B "$commit" >"$message"
  check "$(git rev-parse --short "$commit")" "$(git show -M --numstat --format= "$commit" | lines)"
  checked=$((checked + 1))
done

if [ "$checked" = 0 ] && [ -n "$left_out" ]; then cannot "this shallow clone ends at its only new commit."; fi
echo "commits checked${since:+ since $since}: $checked.$left_out"
[ "$failures" = 0 ]
