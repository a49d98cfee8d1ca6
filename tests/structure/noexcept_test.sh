#!/bin/sh
# noexcept.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/async"
fail() { echo "$1"; : >"$dir/failed"; }  # check() runs at the end of a pipe, and so in a shell of its own

# check expectation [file]: the text on standard input is reported with the expectation, or not at all
check() {
  file=$dir/${2:-sample.cpp}
  cat >"$file"
  report=$("$here/noexcept.sh" "$dir" 2>&1) && passed=yes || passed=no
  if [ -z "$1" ]; then
    [ "$passed" = yes ] || fail "must pass: $(cat "$file")
  but: $report"
  else
    case $report in *"$1"*) [ "$passed" = no ] || fail "reported, but succeeded: $1" ;; *) fail "must be reported as '$1': $(cat "$file")
  but: $report" ;; esac
  fi
  rm "$file"
}

while IFS= read -r line; do
  printf 'void a::f() noexcept {\n%s\n}\n' "$line" | check 'sample.cpp:2: a noexcept function that allocates'
  printf 'void a::f() noexcept override { %s }\n' "$line" | check 'sample.cpp:1: a noexcept function that allocates'
  printf 'void a::f() noexcept COSIO_REQUIRES(m_) {\n%s\n}\n' "$line" | check 'a noexcept function that allocates'
  printf 'void a::f() noexcept {\n  base::guarded("", [] {\n%s\n  });\n  %s\n}\n' "$line" "$line" | check 'sample.cpp:5:'
  printf 'void a::f() noexcept {\n  try {\n  } catch (...) {\n%s\n  }\n}\n' "$line" | check 'sample.cpp:4:'
  printf 'void a::f() {\n%s\n}\n' "$line" | check ''
  printf 'void a::f() noexcept;\nvoid g() {\n%s\n}\n' "$line" | check ''
  printf 'void a::f() noexcept {\n  base::guarded("", [] {\n%s\n  });\n}\n' "$line" | check ''
  printf 'void a::f() noexcept {\n  or_end([&] { %s });\n  g();\n}\n' "$line" | check ''
  printf 'void a::f() noexcept {\n  try {\n    if (x) {\n%s\n    }\n  } catch (...) {\n  }\n}\n' "$line" | check ''
  printf 'void a::f() noexcept {\n%s  // has room\n}\n' "$line" | check ''
  printf 'void a::f() noexcept {\n  // %s\n}\nvoid g() { %s }\n' "$line" "$line" | check ''
done <<'BAD'
  auto x = std::make_shared<int>(1);
  list.push_back(x);
  s += "a text and " + other;
  log("a text: " + std::string(detail));
  std::string copy(view);
  std::deque<int> empty;
  map.emplace(a, b);
  async::post(strand_, "a", [] {});
  async::spawn(strand_, work());
  int* x = new int;
BAD

for text in "log('a' + 1);" 'x = to_string(which);' 'if (post(ec)) return;' 'std::string empty;' 'const bool done = a + b;'; do
  printf 'void a::f() noexcept {\n  %s\n}\n' "$text" | check ''
done

for post in 'asio::post(strand_, work);' 'boost::asio::post(s->get_strand(), [self] { self->go_on(); });'; do
  printf 'void f() {\n  %s\n}\n' "$post" | check 'sample.cpp:2: an exception would leave run()'
  printf 'void f() {\n  %s\n}\n' "$post" | check '' async/strand.hpp
done
printf 'task<> f() {\n  co_await boost::asio::post(here, boost::asio::use_awaitable);\n  async::post(on, "a", work);\n}\n' | check ''

[ ! -e "$dir/failed" ]
