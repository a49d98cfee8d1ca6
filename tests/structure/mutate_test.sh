#!/bin/sh
# mutate.sh tries the changes that it chose, counts rightly, and leaves nothing changed or running, also when it is
# stopped. CMake is replaced: its programs know the source, and are not made of it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

mkdir -p "$dir/tree/tests" "$dir/tree/lib/base" "$dir/tree/lib/cmake" "$dir/bin"
cp "$here/../mutate.sh" "$here/../mutations.awk" "$dir/tree/tests"
cp "$here/../../lib/cmake/setup.sh" "$dir/tree/lib/cmake"
cat >"$dir/tree/lib/base/one.cpp" <<'END'
void f() {
  ++seen;
  ++seen_above;
  ++unseen;
  ++broken;
}
END
cat >"$dir/bin/cmake" <<'END'
#!/bin/sh
[ "$1" = --build ] || { mkdir -p build/dev; exit 0; }
source=$2/../../lib/base/one.cpp
grep -q broken "$source" || exit 1
result='exit 0'
grep -q '++seen;' "$source" || result='exit 1'
if [ "$4" = wire_tests ] && ! grep -q seen_above "$source"; then result='exit 1'; fi
if [ -n "${WAIT:-}" ] && grep -q '^  ;' "$source"; then result="echo \$\$ >$WAIT; exec sleep 61"; fi
mkdir -p "$2/tests"
printf '#!/bin/sh\n%s\n' "$result" >"$2/tests/$4"
chmod +x "$2/tests/$4"
END
chmod +x "$dir/bin/cmake"
PATH="$dir/bin:$PATH"
cd "$dir/tree" || exit 1
echo /build/ >.gitignore
git init -q
git add .
git -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false commit -qm 'a tree'

# The output and the status.
sh tests/mutate.sh --no-install --sample 10 --seconds 5 base >"$dir/out" 2>"$dir/progress"
code=$?
cat >"$dir/expected" <<'END'
survived: lib/base/one.cpp:4 (assignment)
-  ++unseen;
+  ;
2 of 3 changes were seen (66.7 %): 1 by the tests of their floor, 1 by those above. 1 did not compile.
END
[ "$code" = 1 ] || fail "a change was not seen, but the status is $code"
diff "$dir/expected" "$dir/out" || { cat "$dir/progress"; fail "the output is another one"; }
[ "$(sh tests/mutate.sh --list --seed 3 base)" = "$(sh tests/mutate.sh --list --seed 3 base)" ] || fail 'a seed is no seed'
[ -z "$(git -C build/mutate/tree status --porcelain)" ] || fail 'the copy stays changed'
[ -z "$(git status --porcelain)" ] || fail 'the working tree is changed'

# Stopped while a program runs.
WAIT="$dir/pid" sh tests/mutate.sh --no-install --sample 10 --own base >"$dir/out" 2>&1 &
stopped=$!
tries=0
until [ -s "$dir/pid" ] || [ "$tries" = 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
kill -TERM "$stopped"
wait "$stopped"
[ $? = 130 ] || fail 'a signal does not end it'
[ -z "$(git -C build/mutate/tree status --porcelain)" ] || fail 'stopped, it leaves the copy changed'
sleep 0.2
if kill -0 "$(cat "$dir/pid")" 2>/dev/null; then fail 'stopped, it leaves a program running'; fi

[ "$failures" = 0 ]
