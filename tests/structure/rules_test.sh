#!/bin/sh
# rules.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

# check line expectation [file]: the line, inside of a function, is reported with the expectation, or not at all
check() {
  file=$dir/${3:-sample.cpp}
  printf '// A sample.\n%s\nvoid f() {\n%s\n}\n' "$([ "${file%.hpp}" = "$file" ] || echo '#pragma once')" "$1" >"$file"
  report=$("$here/rules.sh" "$file" 2>&1) && passed=yes || passed=no
  rm "$file"
  if [ -z "$2" ]; then
    [ "$passed" = yes ] || fail "must pass: $1
  but: $report"
  else
    case $report in *"$2"*) [ "$passed" = no ] || fail "reported, but succeeded: $1" ;; *) fail "must be reported as '$2': $1
  but: $report" ;; esac
  fi
}

while IFS= read -r line; do check "$line" ''; done <<'GOOD'
  co_await f();
  const bool ok = co_await f();
  if (ok) co_await f(1, "two; {three}", g(x[4]));
  if (c) x = co_await a(); else x = co_await b();
  if (a == b) co_await f();
  for (int i = 0; i < 3; ++i) co_await f(i);
  while (go) { co_await f(); }
  do co_await f(); while (go);
  const auto many = co_await f<int>(a ? b : c);
  co_return co_await f();
  switch (x) { case 1: co_await f(); break; default: co_await g(); }
  (void)co_await f();
  co_await f([&] { return 1; });
  co_await f([] { return 1; });
  auto h = [p] { return p; };
  co_await f(std::move(h));
  auto r = co_await f(); auto& [a, b] = r;
  auto work = [self]() -> task<> { co_await self->f(); };
  s.on("x", [s](int n) -> task<> { co_await s.emit("y", n); });
  asio::co_spawn(ex, run(self), report);
  asio::co_spawn(ex, [self]() -> task<> { co_await self->f(); }, report);
  asio::co_spawn(ex, [](ptr self) -> task<> { co_await self->f(); }(self), report);
  // if (co_await f()) is for the comments, like detached
  log("if (co_await f()) detached || timer");
  const char* text = R"(if (co_await f()) detached)";
  const int million = 1'000'000; co_await f(million, '"', '\'');
  std::vector<int> v{1, 2}; co_await f(v);
  std::unordered_map<std::string_view, int, base::text_hash> m;
  timers.arm(entry, timers.after(time)); const auto known = now - then;
GOOD

while IFS='|' read -r expectation line; do check "$line" "$expectation"; done <<'BAD'
co_await inside|  if (co_await f()) return;
co_await inside|  if (!co_await f()) return;
declares something|  if (const auto alive = weak.lock()) co_await alive->f();
declares something|  while (auto* next = list.next()) co_await next->f();
co_await inside|  while (co_await f()) {}
co_await inside|  switch (co_await f()) {}
co_await inside|  REQUIRE(co_await f() == 1);
co_await inside|  CHECK_THROWS(co_await f());
co_await inside|  const bool b = !co_await f();
co_await inside|  const bool b = c && co_await f();
co_await inside|  opts o{co_await f(), 2};
co_await inside|  opts o = {co_await f(), 2};
co_await inside|  g(1, co_await f());
co_await inside|  if (const int n = co_await f()) g(n);
conditional expression|  x = c ? co_await a() : b();
conditional expression|  x = c ? a() : co_await b();
one co_await|  const int n = co_await f() + co_await f();
braces inside co_await|  co_await f(opts{1});
braces inside co_await|  co_await f({});
braces inside co_await|  co_await join({"a", "b"});
braces inside co_await|  const auto r = co_await emit("x", json::object{{"a", 1}});
lambda with captures inside|  co_await f([p] { return p; });
lambda with captures inside|  co_await f(1, [&q, p] { return p; });
lambda with captures inside|  co_await f([p = std::move(p)] { return p; });
lambda with captures inside|  co_await f([=] { return p; });
structured binding|  auto [a, b] = co_await f();
captures die|  asio::co_spawn(ex, [x]() -> task<> { co_await f(x); }(), report);
captures die|  asio::co_spawn(ex, [&]() -> task<> { co_await f(x); }(), report);
detached loses|  asio::co_spawn(ex, f(), asio::detached);
deadlines come|  const auto r = g(op() || timer.async_wait());
sleeping is|  std::this_thread::sleep_for(1s);
no regular expressions|  std::regex r("a*");
may overflow|  timers.arm(entry, timers.now() + time);
may overflow|  const auto until = now + time;
may overflow|  next_ = timers_->now() + write_timeout_;
hashed with a secret|  std::unordered_map<std::string, int> m;
hashed with a secret|  std::unordered_set<std::string_view> s;
hashed with a secret|  const auto h = std::hash<std::string_view>()(text);
unfinished|  f();  // TODO: more
unfinished|  f();  // FIXME
no semicolon|  TEST_CASE("one; two", "[x]") { f(); }
BAD
check '  const auto r = g(op() || timer.async_wait());' 'deadlines come'
check '  co_await f(
      opts{1});' 'braces inside'
check '  REQUIRE(
      co_await f());' 'co_await inside'
check '  const int n =
      co_await f();' ''
check '  auto hand_out = [&x](auto w) { x = w; };
  co_await async::suspend(std::move(hand_out));' 'no references among the captures of hand_out'
check '  auto begin = [x, &y](auto w) { y = x; };
  co_await async::wait_until(timers, when, std::move(begin));' 'no references among the captures of begin'
check '  auto hand_out = [x, y = &z](auto w) { x = w; };
  co_await async::wait(std::move(hand_out));' ''
check '  auto other = [&x] { ++x; };
  auto hand_out = [x](auto w) { x = w; };
  co_await async::wait(std::move(hand_out));' ''
check '  TEST_CASE(
      "one "
      "and; two") { f(); }' 'no semicolon'
check '  TEST_CASE("one, two", "[x]") { f("a; b"); }' ''

report_of() { "$here/rules.sh" "$dir" 2>&1 || true; }
expect() { case $(report_of) in *"$1"*) ;; *) fail "must be reported: $1" ;; esac; rm "$dir"/*; }
printf '#include <a>\n' >"$dir/a.cpp"; expect 'a.cpp:1: the first line says what the file is'
printf '// Text.\nint i;\n' >"$dir/a.hpp"; expect 'needs #pragma once'
printf '// Text.\n#include <vector>\n#include "wire/a.hpp"\n' >"$dir/a.cpp"
printf '// Text.\n#pragma once\n' >"$dir/a.hpp"; expect 'a.cpp:2: a source includes its own header first'
printf '// Text.\n#include <regex>\n' >"$dir/a.cpp"; expect 'no regular expressions'
printf '// Text.\n#include <boost/asio/experimental/awaitable_operators.hpp>\n' >"$dir/a.cpp"; expect 'deadlines come from'
printf '// Text.\n#pragma once\nusing namespace std;\n' >"$dir/a.hpp"; expect 'no using namespace'

[ "$failures" = 0 ]
