// The examples of docs/testing.md, as a program that needs no test framework.

#include <cosio/cosio.hpp>
#include <cosio/test.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "chat.hpp"

using namespace std::chrono_literals;

void answers() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);

  auto ann = w.client("/chat", {{"token", "ann"}});
  const int sum = ann.ask<int>("add", 1, 2);
  w.require(sum == 3, "one and two is three");
}

void others_hear() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}}).named("ann");
  auto bob = w.client("/chat", {{"token", "bob"}}).named("bob");

  ann.emit("say", "hello");
  bob.expect("said", "ann", "hello");
  ann.expect_nothing();

  bob.disconnect();
  ann.expect("left", "bob", "client namespace disconnect");
}

void strangers_stay_out() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);

  const auto refusal = w.refusal("/chat", {{"token", "mallory"}});
  w.require(refusal.message() == "who are you?", "a stranger is asked for its name");
  w.require(refusal.data() == 401, "and gets a code");
}

void the_server_speaks() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});

  const cosio::report sent = w.run(io.of("/chat").emit("news", "we close at ten"));
  w.require(sent.queued == 1, "one client is there");
  ann.expect("news", "we close at ten");
}

void in_a_coroutine() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});
  ann.on("colour?", [] { return "red"; });

  w.run([&]() -> cosio::task<> {
    const auto colour = co_await ann.emit_with_ack<std::string>("survey");
    w.require(colour == "red", "the client was asked");
  });
}

void silence_times_out() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});

  const auto colour = ann.ask<std::string>("survey");  // five seconds of the world, and no time for the test
  w.require(colour == "no answer", "a client that does not answer keeps nobody waiting");
  w.require(w.now() >= 5s, "the server has waited");
}

void phones_in_tunnels() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});
  auto bob = w.client("/chat", {{"token", "bob"}});

  bob.vanish();
  w.advance(2min);
  ann.expect("left", "bob", "ping timeout");
}

void clients_come_back() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});
  auto bob = w.client("/chat", {{"token", "bob"}});
  ann.emit("say", "one");
  bob.expect("said", "ann", "one");

  bob.cut();
  w.advance(1s);
  ann.emit("say", "two");
  bob.reconnect();
  w.require(bob.recovered(), "bob is the same as before");
  bob.expect("said", "ann", "two");
}

void every_kind_of_client() {
  for (const auto& kind : cosio::test::every_client()) {
    cosio::test::world w;
    cosio::server io = w.server(chat::options());
    chat::set_up(io);
    auto old = w.client("/chat", {{"token", "old"}}, kind);
    w.require(old.ask<int>("add", 20, 22) == 42, "every client can add");
  }
}

void mistakes_are_logged() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}});
  ann.emit("fail");
  w.settle();
  w.require(w.logged(cosio::log_level::warn, "the handler is broken") == 1, "the log tells of a handler that throws");
}

void failures_show_the_wire() {
  cosio::test::world w;
  cosio::server io = w.server(chat::options());
  chat::set_up(io);
  auto ann = w.client("/chat", {{"token", "ann"}}).named("ann");
  std::string text;
  try {
    ann.take<std::string>("praise");
  } catch (const cosio::test::failure& failed) {
    text = failed.what();
  }
  w.require(text.find("ann in /chat waits for the event \"praise\"") != std::string::npos, "who waits for what");
  w.require(text.find("ann > 40/chat,{\"token\":\"ann\"}") != std::string::npos, "what was said");
}

int main() {
  const std::pair<const char*, void (*)()> examples[] = {{"answers", answers},
                                                         {"others hear", others_hear},
                                                         {"strangers stay out", strangers_stay_out},
                                                         {"the server speaks", the_server_speaks},
                                                         {"in a coroutine", in_a_coroutine},
                                                         {"silence times out", silence_times_out},
                                                         {"phones in tunnels", phones_in_tunnels},
                                                         {"clients come back", clients_come_back},
                                                         {"every kind of client", every_kind_of_client},
                                                         {"mistakes are logged", mistakes_are_logged},
                                                         {"failures show the wire", failures_show_the_wire}};
  int failed = 0;
  for (const auto& [name, run] : examples) {
    try {
      run();
    } catch (const std::exception& e) {
      std::cerr << name << ": " << e.what() << "\n\n";
      ++failed;
    }
  }
  return failed;
}
