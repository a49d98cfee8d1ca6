// The chat in GoogleTest: nothing is needed but the includes.

#include <gtest/gtest.h>

#include <cosio/cosio.hpp>
#include <cosio/test.hpp>

#include <string>

#include "chat.hpp"

// A world for each test, with the application in it.
class chat_test : public testing::Test {
 protected:
  chat_test() { chat::set_up(io); }

  cosio::test::world w;
  cosio::server io = w.server(chat::options());
};

TEST_F(chat_test, adds) {
  auto ann = w.client("/chat", {{"token", "ann"}});
  EXPECT_EQ(ann.ask<int>("add", 1, 2), 3);
}

TEST_F(chat_test, refuses_strangers) { EXPECT_THROW(w.client("/chat", {{"token", "mallory"}}), cosio::test::refused); }

TEST_F(chat_test, asks_its_clients) {
  auto ann = w.client("/chat", {{"token", "ann"}});
  ann.on("colour?", [] { return "red"; });
  w.run([&]() -> cosio::task<> {
    const auto colour = co_await ann.emit_with_ack<std::string>("survey");
    EXPECT_EQ(colour, "red");
  });
}
