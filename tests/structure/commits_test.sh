#!/bin/sh
# commits.sh refuses messages that break the rules, takes those that keep them, and says where it cannot look.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

# The script looks at the repository that it is in; nothing else of the tree matters.
mkdir -p "$dir/tree/tests/structure"
cd "$dir/tree"
cp -R "$here/commits.sh" "$here/hooks" tests/structure

# expect code part-of-output arguments...
expect() {
  code=$1 part=$2
  shift 2
  report=$(sh tests/structure/commits.sh "$@" 2>&1) && got=0 || got=$?
  [ "$got" = "$code" ] || fail "commits.sh $*: exits with $got, not with $code: $report"
  case $report in *"$part"*) ;; *) fail "commits.sh $*: '$part' is not in: $report" ;; esac
}

expect 77 'No message was checked: no checkout of git'
git init -q .
git add .
# change lines: of a file that is new each time
files=0
change() {
  files=$((files + 1))
  awk -v n="$1" 'BEGIN { while (n--) print n }' >"file_$files"
  git add "file_$files"
}
# commit lines message
commit() {
  change "$1"
  git commit -q --cleanup=whitespace -m "$2"
}

commit 1 'A subject of the time before the rules, which is much longer than seventy-two characters and has no area.'
expect 1 'Neither a tag nor'
sed "s/^first=.*/first=$(git rev-parse HEAD)/" tests/structure/commits.sh >"$dir/script"
cp "$dir/script" tests/structure/commits.sh
git add tests/structure/commits.sh
commit 0 'tests: the first commit that keeps the rules'
expect 0 'commits checked since '
expect 0 ': 1.'

seventy_two='engine: close a session whose client posts while a post is open already!'
body='

The second request was answered, and the first one was forgotten.'

# good lines message; bad lines complaint message: each is taken back afterwards
good() {
  commit "$1" "$2"
  expect 0 ': 2.'
  git reset -q --hard HEAD^
}
bad() {
  commit "$1" "$3"
  expect 1 "$2"
  git reset -q --hard HEAD^
}
good 100 "$seventy_two$body"
good 100 "engine, http: two areas$body"
good 100 "tests/interop: a folder is an area, too$body"
good 100 "engine: close a session whose client posts while a post is open: é, long$body"
good 20 'engine: a trifle'
good 100 'docs: words only'
bad 100 'a subject of 73 characters (72)' "$seventy_two!$body"
bad 100 'not "area: what changes"' "Close a session that posts twice$body"
bad 100 'not "area: what changes"' "engine:close a session that posts twice$body"
bad 100 'not "area: what changes"' "engine, : close a session that posts twice$body"
bad 100 'ends with a full stop' "engine: close a session that posts twice.$body"
bad 100 'no empty line after the subject' 'engine: close a session
that posts twice'
bad 100 'no body, and 100 lines changed' 'engine: close a session that posts twice'
bad 21 'no body, and 21 lines changed' 'engine: close a session that posts twice'
bad 100 'no body' 'docs, engine: close a session that posts twice'
bad 100 'no body' 'engine: close a session that posts twice

Signed-off-by: test <test@example.org>'
bad 100 'this is how' 'fixup! this is how git commit --fixup begins a subject'

# Moving is no change of lines; a binary file is no trifle.
commit 100 "tests: a file to move$body"
git mv "file_$files" moved
git commit -q -m 'tests: move a file'
expect 0 ': 3.'
printf 'a\0b' >binary
git add binary
git commit -q -m 'tests: a binary file'
expect 1 'no body'
git reset -q --hard HEAD~3

# A merge has no message of its own that matters.
git checkout -q -b other
commit 1 'tests: on another branch'
git checkout -q -
commit 1 'tests: here'
git merge -q --no-ff -m 'Merge branch other.' other
expect 0 ': 3.'

commit 100 'engine: no body'
expect 1 'no body'
expect 0 'commits checked since' --since HEAD
expect 1 'no body' --since HEAD^
expect 2 'no such revision' --since nowhere
git tag v1
expect 0 'since v1: 0.'
commit 1 'tests: after the tag'
expect 0 'since v1: 1.'

# Clones that are shallow: a tag is in reach, or it is not, or nothing but the place where the clone ends.
git clone -q --depth 3 "file://$dir/tree" "$dir/with_tag" 2>&1
git clone -q --depth 2 --no-tags "file://$dir/tree" "$dir/without_tag"
git clone -q --depth 1 --no-tags "file://$dir/tree" "$dir/one"
cd "$dir/with_tag"
expect 0 'since v1: 1.'
cd "$dir/without_tag"
expect 0 'commits checked: 1. But '
commit 100 'engine: no body'
expect 1 'no body'
cd "$dir/one"
expect 77 'No message was checked: this shallow clone ends at its only new commit'

# As git's hook.
cd "$dir/tree"
git config core.hooksPath tests/structure/hooks
try() {
  change 100
  git commit -q -m "$1" >"$dir/said" 2>&1
}
try "engine: close a session that posts twice$body" || fail "the hook refuses a good message: $(cat "$dir/said")"
if try 'engine: close a session that posts twice'; then fail 'the hook takes a message without a body'; fi
grep -q 'this commit: no body, and ' "$dir/said" || fail "the hook does not say why: $(cat "$dir/said")"
try 'fixup! engine: close a session that posts twice' || fail "the hook refuses a fixup: $(cat "$dir/said")"
printf 'tests: commented\n# no body\n# ------------------------ >8 ------------------------\n+text\n' >"$dir/message"
change 100
expect 1 'no body' --hook "$dir/message"
printf '# first a comment\ntests: commented\n\n# then\nA body.\n' >"$dir/message"
expect 0 '' --hook "$dir/message"

# In a folder of somebody else's repository.
mkdir "$dir/tree/third_party"
cp -R tests "$dir/tree/third_party"
cd "$dir/tree/third_party"
expect 77 'not a checkout of its own'

[ "$failures" = 0 ]
