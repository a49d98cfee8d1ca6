#!/bin/sh
# tidy.sh hands the right files to its tools, which are stand-ins here, and fails when one of them does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

mkdir -p "$dir/tree/tests/structure" "$dir/tree/lib/base" "$dir/tree/lib/include/cosio" "$dir/tree/build/tidy"
cd "$dir/tree"
cp "$here/tidy.sh" tests/structure
echo '#include "base/sid.hpp"' >lib/base/sid.cpp
echo '#include "base/sid.hpp"' >lib/base/other.cpp
echo '#include <cosio/log.hpp>' >lib/base/logger.cpp
touch lib/base/sid.hpp lib/include/cosio/log.hpp lib/base/alone.hpp lib/base/not_built.cpp README.md
for source in base/sid base/other base/logger; do printf '"file": "%s"\n' "$PWD/lib/$source.cpp"; done >build/tidy/compile_commands.json
printf '/build/\n' >.gitignore
git init -q
git add .
git -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false commit -qm 'a tree'

# A tool that writes down its files, and finds something in those whose name has "bad" in it.
for tool in format tidy; do
  cat >"$dir/$tool" <<TOOL
#!/bin/sh
for file in "\$@"; do
  case \$file in
    *bad*) echo "$tool \$file" && bad=1 ;;
    *.cpp | *.hpp) echo "$tool \$file" ;;
  esac
done
exit "\${bad:-0}"
TOOL
  chmod +x "$dir/$tool"
done
export CLANG_FORMAT="$dir/format" CLANG_TIDY="$dir/tidy"

# check success|failure expected-calls arguments...
check() {
  result=$1 expected=$2
  shift 2
  calls=$(sh "$dir/tree/tests/structure/tidy.sh" "$@" 2>&1) && got=success || got=failure
  calls=$(printf '%s' "$calls" | tr '\n' ' ')
  if [ "${calls% }" = "$expected" ] && [ "$got" = "$result" ]; then return; fi
  echo "tidy.sh $*: expected $result of '$expected', but $got of '$calls'"
  failures=$((failures + 1))
}

check success 'format lib/base/other.cpp tidy lib/base/other.cpp' lib/base/other.cpp
check success 'format lib/base/sid.hpp tidy lib/base/sid.cpp' lib/base/sid.hpp
check success 'format lib/base/sid.cpp format lib/base/sid.hpp tidy lib/base/sid.cpp' lib/base/sid.hpp lib/base/sid.cpp
check success 'format lib/include/cosio/log.hpp tidy lib/base/logger.cpp' lib/include/cosio/log.hpp
check success 'format lib/base/alone.hpp' lib/base/alone.hpp
check success 'format lib/base/not_built.cpp' lib/base/not_built.cpp
check success 'nothing to check' README.md
check success 'nothing to check' --since HEAD
cd lib
check success 'format lib/base/other.cpp tidy lib/base/other.cpp' base/other.cpp
cd ..

echo '// changed' >>lib/base/logger.cpp
echo '// new' >lib/base/added.hpp
rm lib/base/other.cpp
check success 'format lib/base/added.hpp format lib/base/logger.cpp tidy lib/base/logger.cpp' --since HEAD
check failure 'fatal: bad revision '"'nowhere'" --since nowhere
touch lib/base/bad_layout.hpp
check failure 'format lib/base/bad_layout.hpp' lib/base/bad_layout.hpp
touch lib/base/bad.cpp
printf '"file": "%s"\n' "$PWD/lib/base/bad.cpp" >>build/tidy/compile_commands.json
CLANG_FORMAT=true
check failure 'tidy lib/base/bad.cpp' lib/base/bad.cpp

[ "$failures" = 0 ]
