// The name of an event, seen before its JSON is parsed.

#include "wire/event_peek.hpp"

#include <string_view>

#include "support/catch.hpp"

using cosio::wire::peek_event;

TEST_CASE("the name of an event is seen with its namespace and its acknowledgement", "[wire][event_peek]") {
  struct row {
    std::string_view text;
    std::string_view nsp;
    std::string_view name;
    std::optional<std::uint64_t> id;
  };
  const row rows[] = {{R"(2["say","hello"])", "/", "say", {}},
                      {R"(2/chat,["say"])", "/chat", "say", {}},
                      {R"(2/chat,17["say",1])", "/chat", "say", 17},
                      {R"(25[ "say"])", "/", "say", 5},
                      {R"(2[""])", "/", "", {}},
                      {R"(2["say",and what is no JSON)", "/", "say", {}}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    const auto head = peek_event(r.text);
    REQUIRE(head);
    CHECK(head->nsp == r.nsp);
    CHECK(head->name == r.name);
    CHECK(head->id == r.id);
  }
}

TEST_CASE("what must be parsed to be known is left to the parser", "[wire][event_peek]") {
  for (const std::string_view text :
       {"", "2", "2[", "2[\"", "2[\"say", "2[1]", R"(2["s\u0061y"])", R"(2["say\"])", "2{\"say\":1}", "3[\"say\"]",
        R"(51-["say"])", "0{}", "2/chat", "299999999999999999[\"say\"]"}) {
    CAPTURE(text);
    CHECK_FALSE(peek_event(text));
  }
}
