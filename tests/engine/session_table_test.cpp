// sid -> session.

#include "engine/session_table.hpp"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/make_session.hpp"
#include "support/catch.hpp"

using cosio::engine::session_table;
using cosio::test::make_session;
using cosio::test::world;

TEST_CASE("a session is found under its id until it is removed", "[engine][session_table]") {
  world w;
  session_table table;
  const auto one = make_session(w, "one");
  const auto two = make_session(w, "two");
  CHECK(table.add(one));
  CHECK(table.add(two));
  CHECK(table.size() == 2);
  CHECK(table.find("one") == one);
  CHECK(table.find("two") == two);
  table.remove("one");
  CHECK_FALSE(table.find("one"));
  CHECK(table.find("two") == two);
  CHECK(table.size() == 1);
  CHECK(one.use_count() == 1);
}

TEST_CASE("an id that is taken stays with its session", "[engine][session_table]") {
  world w;
  session_table table;
  const auto first = make_session(w, "same");
  CHECK(table.add(first));
  CHECK_FALSE(table.add(make_session(w, "same")));
  CHECK(table.find("same") == first);
  CHECK(table.size() == 1);
  table.remove("same");
  CHECK(table.add(make_session(w, "same")));
}

TEST_CASE("unknown ids of every shape are unknown", "[engine][session_table]") {
  world w;
  session_table table;
  table.add(make_session(w, "known"));
  const std::string odd[] = {"",
                             "Known",
                             "know",
                             "known ",
                             std::string("known\0", 6),
                             "__proto__",
                             "constructor",
                             "../..",
                             std::string(1'000'000, 'k')};
  for (const auto& id : odd) {
    CHECK_FALSE(table.find(id));
    table.remove(id);
  }
  CHECK(table.size() == 1);
}

TEST_CASE("all gives every session once", "[engine][session_table]") {
  world w;
  session_table table;
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "session-" + std::to_string(i);
    ids.insert(id);
    REQUIRE(table.add(make_session(w, id)));
  }
  CHECK(table.size() == 200);
  std::set<std::string> found;
  for (const auto& s : table.all()) CHECK(found.insert(s->id()).second);
  CHECK(found == ids);
}

TEST_CASE("threads add, find and remove at the same time", "[engine][session_table]") {
  world w;
  session_table table;
  const auto shared = make_session(w, "shared");
  std::vector<std::vector<std::shared_ptr<cosio::engine::session>>> own(3);
  for (std::size_t t = 0; t < own.size(); ++t)
    for (int i = 0; i < 100; ++i) own[t].push_back(make_session(w, std::to_string(t) + "/" + std::to_string(i)));
  std::vector<std::thread> threads;
  for (const auto& mine : own)
    threads.emplace_back([&table, &mine, &shared] {
      for (int round = 0; round < 20; ++round)
        for (const auto& s : mine) {
          if (!table.add(s)) std::terminate();
          table.add(shared);
          if (table.find(s->id()) != s) std::terminate();
          table.all();
          table.remove("shared");
          table.remove(s->id());
        }
    });
  for (auto& thread : threads) thread.join();
  CHECK(table.size() == 0);
}
