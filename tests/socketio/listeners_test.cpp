// The table of one socket's listeners.

#include "socketio/listeners.hpp"

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using cosio::detail::make_listener;
using cosio::socketio::listeners;

listeners::listener nothing() {
  return make_listener([] {});
}

}  // namespace

TEST_CASE("listeners are called in the order in which they were added, prepended ones first", "[socketio][listeners]") {
  listeners table;
  const auto a = nothing();
  const auto b = nothing();
  const auto c = nothing();
  const auto other = nothing();
  table.add("e", a, false, false);
  table.add("other", other, false, false);
  table.add("e", b, false, false);
  table.add("e", c, false, true);
  CHECK(table.take("e") == cosio::socketio::listeners::few{c, a, b});
  CHECK(table.take("e") == cosio::socketio::listeners::few{c, a, b});
  CHECK(table.take("E").empty());
  CHECK(table.count("e") == 3);
  CHECK(table.names() == std::vector<std::string>{"e", "other"});
}

TEST_CASE("a listener for once is taken out when it is called", "[socketio][listeners]") {
  listeners table;
  const auto once = nothing();
  const auto always = nothing();
  table.add("e", once, true, false);
  table.add("e", always, false, false);
  table.add("f", nothing(), true, false);
  CHECK(table.take("e") == cosio::socketio::listeners::few{once, always});
  CHECK(table.take("e") == cosio::socketio::listeners::few{always});
  CHECK(table.count("f") == 1);
}

TEST_CASE("the same callable added twice is called twice and removed one by one", "[socketio][listeners]") {
  listeners table;
  const auto one = [] {};
  const auto first = table.add("e", make_listener(one), false, false);
  const auto second = table.add("e", make_listener(one), false, false);
  CHECK(first != second);
  CHECK(table.take("e").size() == 2);
  table.remove(first);
  table.remove(first);
  CHECK(table.take("e").size() == 1);
  table.remove(second);
  CHECK(table.names().empty());
}

TEST_CASE("numbers begin again after a billion, and pass over those that are in use", "[socketio][listeners]") {
  constexpr std::uint32_t most = listeners::most_number;
  std::vector<listeners::listener> in_use = {nothing(), nothing(), nothing()};
  in_use[0]->number = 1;
  in_use[1]->number = 2;
  in_use[2]->number = most;
  CHECK(listeners::number_after(0, {}) == 1);
  CHECK(listeners::number_after(2, in_use) == 3);
  CHECK(listeners::number_after(most - 1, {}) == most);
  CHECK(listeners::number_after(most, {}) == 1);
  CHECK(listeners::number_after(most - 1, in_use) == 3);
}

TEST_CASE("all listeners of one event, or of every event, are removed", "[socketio][listeners]") {
  listeners table;
  table.add("e", nothing(), false, false);
  table.add("f", nothing(), false, false);
  table.add("e", nothing(), true, false);
  table.remove_all("e");
  CHECK(table.count("e") == 0);
  CHECK(table.count("f") == 1);
  table.remove_all("unknown");
  table.remove_all();
  CHECK(table.names().empty());
  CHECK(table.add("e", nothing(), false, false) != 0);
}

TEST_CASE("a closed table takes nothing more and keeps nothing alive", "[socketio][listeners]") {
  listeners table;
  const auto token = std::make_shared<int>(1);
  table.add("e", make_listener([token] {}), false, false);
  CHECK(token.use_count() == 2);
  table.close();
  CHECK(token.use_count() == 1);
  CHECK(table.add("e", make_listener([token] {}), false, false) == 0);
  CHECK(token.use_count() == 1);
  CHECK(table.take("e").empty());
  table.remove(0);
}

TEST_CASE("a callable may use the table when it is destroyed", "[socketio][listeners]") {
  struct on_end {
    explicit on_end(listeners& t) : table(t) {}
    ~on_end() { table.add("again", nothing(), false, false); }
    listeners& table;
  };
  listeners table;
  SECTION("removed by number") {
    const auto id = table.add("e", make_listener([end = std::make_shared<on_end>(table)] {}), false, false);
    table.remove(id);
    CHECK(table.count("again") == 1);
  }
  SECTION("removed by name") {
    table.add("e", make_listener([end = std::make_shared<on_end>(table)] {}), false, false);
    table.remove_all("e");
    CHECK(table.count("again") == 1);
  }
  SECTION("removed with all") {
    table.add("e", make_listener([end = std::make_shared<on_end>(table)] {}), false, false);
    table.remove_all();
    CHECK(table.count("again") == 1);
  }
  SECTION("closed") {
    table.add("e", make_listener([end = std::make_shared<on_end>(table)] {}), false, false);
    table.close();
    CHECK(table.count("again") == 0);
  }
}
