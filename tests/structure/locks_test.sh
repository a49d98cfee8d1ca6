#!/bin/sh
# locks.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/base"
fail() { echo "$1"; : >"$dir/failed"; }  # check() runs at the end of a pipe, and so in a shell of its own

# check expectation [file]: the text on standard input is reported with the expectation, or not at all
check() {
  file=$dir/${2:-sample.hpp}
  cat >"$file"
  report=$("$here/locks.sh" "$dir" 2>&1) && passed=yes || passed=no
  if [ -z "$1" ]; then
    [ "$passed" = yes ] || fail "must pass: $(cat "$file")
  but: $report"
  else
    case $report in *"$1"*) [ "$passed" = no ] || fail "reported, but succeeded: $1" ;; *) fail "must be reported as '$1': $(cat "$file")
  but: $report" ;; esac
  fi
  rm "$file"
}

for lock in mutex recursive_mutex timed_mutex recursive_timed_mutex shared_mutex shared_timed_mutex \
  'lock_guard<std::x>' 'unique_lock<std::x>' 'scoped_lock' 'shared_lock<x>'; do
  echo "void f() { static std::$lock x; }" | check "sample.hpp:1: std's locks are invisible"
done
echo 'class mutex { std::mutex inner_; };' | check '' base/guarded.hpp
echo 'class small_mutex { std::mutex inner_; };' | check '' base/small_mutex.hpp
echo 'class mutex { std::mutex inner_; };' | check 'invisible' base/other.hpp
echo '#include <mutex>  // std::mutex is for others' | check ''
echo 'const char* text = "std::mutex";' | check ''
echo 'std::once_flag once; /* std::mutex */ std::mutex_like x;' | check ''

for kind in base::mutex base::small_mutex base::recursive_mutex mutex small_mutex 'mutable base::mutex' 'static base::mutex'; do
  printf 'class a {\n  %s m_;\n  int x_;\n};\n' "$kind" | check 'sample.hpp:2: m_ guards nothing'
  printf 'class a {\n  %s m_;\n  int x_ COSIO_GUARDED_BY(m_);\n};\n' "$kind" | check ''
done
printf 'class a {\n  base::mutex m_;\n  int* x_ COSIO_PT_GUARDED_BY(m_);\n};\n' | check ''
printf 'class a {\n  void f() COSIO_REQUIRES(order_, m_);\n  base::mutex m_;\n};\n' | check ''
printf 'class a {\n  base::mutex m_;\n  // COSIO_GUARDED_BY(m_)\n};\n' | check 'm_ guards nothing'
printf 'class a {\n  base::mutex m_;\n  int x_ COSIO_GUARDED_BY(n_);\n};\n' | check 'm_ guards nothing'
# Each of two classes in one file answers for itself.
printf 'class a {\n  base::mutex m_;\n  int x_ COSIO_GUARDED_BY(m_);\n};\nclass b {\n  base::mutex m_;\n};\n' |
  check 'sample.hpp:6: m_ guards nothing'
printf 'class a {\n  struct b {\n    int x COSIO_GUARDED_BY(m_);\n  };\n  base::mutex m_;\n};\n' | check 'm_ guards nothing'
printf 'class a {\n  void f() { const base::lock_guard lock(m_); }\n  base::mutex& m_;\n};\n' | check ''

[ ! -e "$dir/failed" ]
