#!/bin/sh
# run.sh notices a program that compiles, another sentence, a sentence that comes late, and a correct program that is
# refused. A script takes the compiler's place.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tests/mistakes"
cp "$here/run.sh" "$dir/tests/mistakes"
cat >"$dir/compiler" <<'COMPILER'
#!/bin/sh
# Prints the file "said" beside it for a program; without the file, everything compiles.
case "$*" in *--version*) echo "g++ 12" ;; *-dumpversion*) echo 12 ;; *c++-header*) ;; *)
  said=$(dirname "$0")/said
  [ ! -e "$said" ] || { cat "$said" && exit 1; } ;;
esac
COMPILER
chmod +x "$dir/compiler"
failures=0

# check first-line second-line said expectation: run.sh reports it, or nothing when the expectation is empty
check() {
  printf '%s\n%s\n' "$1" "$2" >"$dir/tests/mistakes/sample.cpp"
  rm -f "$dir/said"
  # shellcheck disable=SC2059  # the newlines in it
  [ -z "$3" ] || printf "$3" >"$dir/said"
  report=$(sh "$dir/tests/mistakes/run.sh" "$dir/compiler" 2>&1) && passed=yes || passed=no
  if [ -z "$4" ]; then
    [ "$passed" = yes ] && return
  else
    case $report in *"$4"*) [ "$passed" = no ] && return ;; esac
  fi
  echo "'$1' with '$3': $report"
  failures=$((failures + 1))
}

said='x.cpp:1: error: static assertion failed: cosio: no\n'
nine='\n\n\n\n\n\n\n\n\n'
check '// expect: cosio: no' '' "$said" ''
check '// expect: cosio: no' '' "$nine$said" ''
check '// expect: compiles' '' '' ''
check '// expect: cosio: no' '// only: GCC 12' "$said" ''
check '// expect: cosio: no' '// only: GCC 11' '' ''
check '// expect: cosio: no' '' '' 'sample.cpp must not compile'
check '// expect: cosio: no' '' "$nine\n$said" 'sample.cpp must say in its first 10 lines: cosio: no'
check '// expect: cosio: yes' '' "$said" 'sample.cpp must say in its first 10 lines: cosio: yes'
check '// expect: compiles' '' "$said" 'sample.cpp must compile'
check '// expect: cosio: no' '// only: GCC 11' "$said" 'sample.cpp must compile'
check '// A sample.' '' "$said" 'sample.cpp has no sentence that is expected'
[ "$failures" = 0 ]
