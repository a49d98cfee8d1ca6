// Idempotency keys: the same answer again, within bounds.

#include "api/idempotency.hpp"

#include <string>

#include "support/catch.hpp"

using namespace cosio::api;
using namespace std::chrono_literals;
using verdict = idempotency_table::verdict;

namespace {

const cosio::async::time_point start{std::chrono::hours(1)};
const digest one = sha256("one");
const digest two = sha256("two");

}  // namespace

TEST_CASE("a key has the answer of its first request, for its time", "[api][idempotency]") {
  idempotency_table table({10s, 100, 100'000});
  CHECK(table.begin("k", one, start).what == verdict::begun);
  CHECK(table.begin("k", one, start).what == verdict::running);
  CHECK(table.begin("k", two, start).what == verdict::misused);
  table.finish("k", {200, "done"}, start + 5s);

  const auto again = table.begin("k", one, start + 14s);
  CHECK(again.what == verdict::repeated);
  REQUIRE(again.kept);
  CHECK(again.kept->status == 200);
  CHECK(again.kept->body == "done");
  CHECK(table.begin("k", two, start + 14s).what == verdict::misused);
  CHECK(table.begin("k", two, start + 15s).what == verdict::begun);
}

TEST_CASE("a request that failed leaves its key free", "[api][idempotency]") {
  idempotency_table table({10s, 100, 100'000});
  CHECK(table.begin("k", one, start).what == verdict::begun);
  table.drop("k");
  CHECK(table.size() == 0);
  CHECK(table.begin("k", two, start).what == verdict::begun);
  table.finish("k", {200, "done"}, start);
  table.drop("k");  // it has an answer: it stays
  CHECK(table.begin("k", two, start).what == verdict::repeated);
}

TEST_CASE("above the number of keys the oldest answer is forgotten, and no request that runs", "[api][idempotency]") {
  idempotency_table table({10s, 3, 100'000});
  CHECK(table.begin("runs", one, start).what == verdict::begun);
  for (const char* key : {"a", "b", "c"}) {
    CHECK(table.begin(key, one, start).what == verdict::begun);
    table.finish(key, {200, key}, start);
  }
  CHECK(table.size() == 3);
  CHECK(table.begin("runs", one, start).what == verdict::running);
  CHECK(table.begin("c", one, start).what == verdict::repeated);
  CHECK(table.begin("b", one, start).what == verdict::repeated);

  CHECK(table.begin("d", one, start).what == verdict::begun);
  CHECK(table.begin("e", one, start).what == verdict::begun);
  CHECK(table.begin("f", one, start).what == verdict::full);
}

TEST_CASE("10,000 keys with large answers keep no more bytes than allowed", "[api][idempotency]") {
  idempotency_table table({10s, 100'000, 1'000'000});
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = "key " + std::to_string(i);
    REQUIRE(table.begin(key, one, start).what == verdict::begun);
    table.finish(key, {200, std::string(10'000, 'x')}, start);
  }
  CHECK(table.size() < 100);
  CHECK(table.size() > 50);
  CHECK(table.begin("key 9999", one, start).what == verdict::repeated);

  CHECK(table.begin("huge", one, start).what == verdict::begun);
  table.finish("huge", {200, std::string(2'000'000, 'x')}, start);
  CHECK(table.size() == 0);
  CHECK(table.begin("huge", one, start).what == verdict::begun);
}
