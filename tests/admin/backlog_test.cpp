// The line of what pages are still to be told.

#include "admin/backlog.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "socketio/socket_core.hpp"
#include "support/catch.hpp"

using cosio::admin::backlog;
using cosio::admin::news;

namespace {

struct watched_line : backlog {
  explicit watched_line(std::size_t most = 10'000) : backlog(most) { audience(true); }
  void join(const std::string& id, std::vector<std::string> rooms) { joined("/", id, {}, std::move(rooms), 1); }
  void move(const std::string& id, const std::string& room, bool is_in) { moved("/", id, room, is_in); }
  // Of what is the first in the line: c, u, d or e, the id, and rooms.
  std::string take() {
    const auto first = next();
    if (!first) return "(nothing)";
    if (first->what == news::kind::event) return "e " + first->text;
    const bool is_change = first->what == news::kind::changed;
    std::string out = is_change ? "u " : first->what == news::kind::gone ? "d " : "c ";
    out += first->id;
    for (const auto& room : first->rooms) out += " " + room;
    for (const auto& [room, is_in] : first->moves) out += (is_in ? " +" : " -") + room;
    if (first->transport) out += " transport";
    if (first->data) out += " data";
    return out;
  }
};

}  // namespace

TEST_CASE("sockets are told in the order in which they came", "[admin][backlog]") {
  watched_line line;
  line.join("b", {"b"});
  line.join("a", {"a", "x"});
  CHECK(line.take() == "c b b");
  CHECK(line.take() == "c a a x");
  CHECK(line.take() == "(nothing)");
  CHECK(line.empty());
}

TEST_CASE("the changes of a socket that waits are one change", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a"});
  line.move("a", "x", true);
  CHECK(line.take() == "c a a x");

  line.move("a", "y", true);
  line.move("a", "x", false);
  line.upgraded("/", "a");
  line.data_changed("/", "a");
  line.data_changed("/", "a");
  CHECK(line.take() == "u a -x +y transport data");
  CHECK(line.take() == "(nothing)");
}

TEST_CASE("what was undone before it was told is not told", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a"});
  line.left("/", "a", "transport close", 2);
  CHECK(line.take() == "(nothing)");

  line.join("b", {"b"});
  CHECK(line.take() == "c b b");
  line.move("b", "x", true);
  line.move("b", "x", false);
  CHECK(line.take() == "(nothing)");
}

TEST_CASE("a change of a room that is told twice is one", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a", "x"});
  CHECK(line.take() == "c a a x");
  line.move("a", "x", true);
  line.move("a", "never", false);
  CHECK(line.take() == "(nothing)");
  line.move("a", "x", false);
  line.move("a", "x", false);
  CHECK(line.take() == "u a -x");
}

TEST_CASE("a socket leaves with the rooms that were told", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a"});
  CHECK(line.take() == "c a a");
  line.move("a", "x", true);
  line.left("/", "a", "transport close", 2);
  line.move("a", "a", false);  // it is not known any more
  const auto gone = line.next();
  REQUIRE(gone);
  CHECK(gone->what == news::kind::gone);
  CHECK(gone->reason == "transport close");
  CHECK(gone->at == 2);
  CHECK(gone->rooms == std::vector<std::string>{"a"});
  CHECK_FALSE(line.next());
}

TEST_CASE("sockets of two namespaces with one id are two", "[admin][backlog]") {
  watched_line line;
  line.joined("/", "a", {}, {}, 1);
  line.joined("/b", "a", {}, {}, 1);
  line.left("/", "a", "", 2);
  CHECK(line.records().size() == 1);
  CHECK(line.take() == "c a");
}

TEST_CASE("events above the limit are left out and counted, until half of it is free", "[admin][backlog]") {
  watched_line line(1'000);
  const std::string text(172, 'x');  // 300 with the memory around it
  for (int i = 0; i < 5; ++i)
    if (line.has_room()) line.event("event_sent", text);
  CHECK(line.left_out() == 2);
  CHECK_FALSE(line.has_room());
  CHECK(line.left_out() == 3);
  CHECK(line.take() == "e " + text);
  CHECK_FALSE(line.has_room());
  CHECK(line.take() == "e " + text);
  CHECK(line.has_room());
  line.event("event_sent", "again");
  CHECK(line.take() == "e " + text);
  CHECK(line.take() == "e again");
  CHECK(line.left_out() == 4);
}

TEST_CASE("without pages nothing waits, and sockets are known to the next page", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a"});
  line.event("event_sent", "x");
  line.audience(false);
  CHECK(line.empty());
  line.move("a", "x", true);
  line.join("b", {"b"});
  line.event("event_sent", "y");
  line.upgraded("/", "a");
  CHECK(line.empty());

  line.audience(true);
  std::map<std::string, std::vector<std::string>> known;
  for (const auto& one : line.records()) {
    const auto found = line.known(*one);
    REQUIRE(found);
    known[found->id] = found->rooms;
  }
  CHECK(known == std::map<std::string, std::vector<std::string>>{{"a", {"a", "x"}}, {"b", {"b"}}});
}

TEST_CASE("a list of sockets has what pages were told, and not what waits", "[admin][backlog]") {
  watched_line line;
  line.join("a", {"a", "x"});
  CHECK(line.take() == "c a a x");
  line.move("a", "x", false);
  line.move("a", "y", true);
  line.join("b", {"b"});
  for (const auto& one : line.records()) {
    const auto found = line.known(*one);
    if (!found) continue;
    CHECK(found->id == "a");
    CHECK(found->rooms == std::vector<std::string>{"a", "x"});
  }
  CHECK(line.take() == "u a -x +y");
  CHECK(line.take() == "c b b");
}
