// The name of an event.

#include "socketio/event_name.hpp"

#include <boost/json/parse.hpp>

#include <string_view>

#include "support/catch.hpp"

TEST_CASE("the name of an event is its first value, a number in decimal form", "[socketio][event_name]") {
  struct row {
    std::string_view data;
    std::string_view name;
  };
  const row rows[] = {{R"(["say","hi"])", "say"},
                      {R"(["42"])", "42"},
                      {"[42,1]", "42"},
                      {"[-1]", "-1"},
                      {R"([""])", ""},
                      {"[]", ""},
                      {"{}", ""},
                      {"null", ""}};
  for (const row& r : rows) {
    CAPTURE(r.data);
    CHECK(cosio::socketio::event_name(boost::json::parse({r.data.data(), r.data.size()})) == r.name);
  }
}
