// The chat in Catch2, versions 2 and 3: nothing is needed but the includes.

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include <cosio/cosio.hpp>
#include <cosio/test.hpp>

#include <string>

#include "chat.hpp"

namespace {

// A world for each test, with the application in it.
struct chat_world {
  chat_world() { chat::set_up(io); }

  cosio::test::world w;
  cosio::server io = w.server(chat::options());
};

}  // namespace

TEST_CASE_METHOD(chat_world, "the chat adds") {
  auto ann = w.client("/chat", {{"token", "ann"}});
  CHECK(ann.ask<int>("add", 1, 2) == 3);
}

TEST_CASE_METHOD(chat_world, "the chat refuses strangers") {
  CHECK_THROWS_AS(w.client("/chat", {{"token", "mallory"}}), cosio::test::refused);
}

TEST_CASE_METHOD(chat_world, "the chat asks its clients") {
  auto ann = w.client("/chat", {{"token", "ann"}});
  ann.on("colour?", [] { return "red"; });
  w.run([&]() -> cosio::task<> {
    const auto colour = co_await ann.emit_with_ack<std::string>("survey");
    CHECK(colour == "red");
  });
}
