// Marks of requests that one server passes on to another, and the numbers of servers in ids.

#include "engine/forward_mark.hpp"

#include <cstdint>
#include <string>

#include "base/sid.hpp"
#include "engine/forwarder.hpp"
#include "engine/make_request.hpp"
#include "engine/node_number.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::engine;
using namespace cosio::test;

namespace {

constexpr const char* asked_target = "/engine.io/?EIO=4&transport=polling&sid=ABx";

http::request marked(const std::string& mark, std::string_view method = "GET", std::string_view of = asked_target) {
  return make_request(method, of, "x-cosio-forward:" + mark + "\n");
}

}  // namespace

TEST_CASE("a mark says where a request comes from, and who its client is", "[engine][forward]") {
  const mark_keeper keeper("sixteen bytes or more");
  const std::string mark = keeper.make(2, 7, make_request("GET", asked_target));
  std::string room;
  const auto request = marked(mark);
  const auto read = keeper.read(request, room);
  CHECK(read.has_mark);
  REQUIRE(read.mark);
  CHECK(read.mark->from == 2);
  CHECK(read.mark->to == 7);
  CHECK(read.mark->address == "192.0.2.1");
  CHECK_FALSE(read.mark->secure);
  const auto none = keeper.read(make_request("GET", asked_target), room);
  CHECK_FALSE(none.has_mark);
  CHECK_FALSE(none.mark);
}

TEST_CASE("a mark that was not made with the secret for this very request proves nothing", "[engine][forward]") {
  const mark_keeper keeper("sixteen bytes or more");
  const std::string mark = keeper.make(2, 7, make_request("GET", asked_target));
  std::string room;
  const auto is_proven = [&](const http::request& request) { return keeper.read(request, room).mark.has_value(); };
  REQUIRE(is_proven(marked(mark)));

  CHECK_FALSE(is_proven(marked(mark, "POST")));
  CHECK_FALSE(is_proven(marked(mark, "GET", "/engine.io/?EIO=4&transport=polling&sid=ABy")));
  CHECK_FALSE(
      is_proven(marked(mark_keeper("another secret of a server").make(2, 7, make_request("GET", asked_target)))));
  std::string other = mark;
  other.replace(other.find("192.0.2.1"), 9, "192.0.2.2");
  CHECK_FALSE(is_proven(marked(other)));
  for (std::size_t i = 0; i < mark.size(); ++i) {
    std::string changed = mark;
    changed[i] = changed[i] == '1' ? '2' : '1';
    CHECK_FALSE(is_proven(marked(changed)));
    CHECK_FALSE(is_proven(marked(mark.substr(0, i))));
  }
  CHECK_FALSE(is_proven(marked(mark + ";")));
  CHECK_FALSE(is_proven(marked(mark + std::string(1'000, '0'))));
  CHECK_FALSE(
      is_proven(make_request("GET", asked_target, "x-cosio-forward:" + mark + "\nx-cosio-forward:" + mark + "\n")));
}

TEST_CASE("a mark proves nothing when its time is over, on both sides", "[engine][forward]") {
  static std::int64_t now = 1'800'000'000;
  const mark_keeper keeper("sixteen bytes or more", 60, [] { return now; });
  const auto request = marked(keeper.make(2, 7, make_request("GET", asked_target)));
  const auto made = now;
  std::string room;
  for (const int seconds : {0, 60, -60}) {
    now = made + seconds;
    CAPTURE(seconds);
    CHECK(keeper.read(request, room).mark);
    CHECK_FALSE(keeper.read(request, room).late);
  }
  for (const int seconds : {61, 100'000, -61}) {
    now = made + seconds;
    CAPTURE(seconds);
    const auto read = keeper.read(request, room);
    CHECK_FALSE(read.mark);
    REQUIRE(read.late);
    CHECK(read.late->from == 2);
    CHECK(read.late_by == seconds);
  }
  // The time is under the code: nobody can renew it.
  now = made + 61;
  std::string renewed = keeper.make(2, 7, make_request("GET", asked_target));
  const auto code = renewed.rfind(';');
  const std::string old = keeper.read(request, room).late ? std::string(request.header("x-cosio-forward")) : "";
  renewed.replace(code, std::string::npos, old.substr(old.rfind(';')));
  CHECK_FALSE(keeper.read(marked(renewed), room).mark);
}

TEST_CASE("ids begin with the number of their server", "[engine][forward]") {
  for (const unsigned number : {0U, 1U, 63U, 64U, 4'095U}) {
    CHECK(node_code(number).size() == node_digits);
    CHECK(node_of(node_code(number) + "x") == number);
  }
  CHECK(node_code(1) == "AB");
  CHECK_FALSE(node_of(""));
  CHECK_FALSE(node_of("AB"));
  CHECK_FALSE(node_of("A+x"));
  CHECK_FALSE(node_of("\xC3\xA4x"));

  forwarding_options settings;
  settings.node = 1;
  settings.secret = "sixteen bytes or more";
  const forwarder others(settings);
  const std::string random = base::new_sid();
  CHECK(others.named(random, false, wire::revision::v4) == "AB" + random);
  CHECK(others.named(random, false, wire::revision::v3) == "AB" + random.substr(2));
  CHECK(others.named("own", true, wire::revision::v3) == "ABown");
}
