// A hundred tests of a chat's handlers, each in a world of its own: as many as an application may have. The last line
// says how long they took.

#include <cosio/cosio.hpp>
#include <cosio/test.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "chat.hpp"

using namespace std::chrono_literals;
using cosio::test::client;
using cosio::test::client_options;
using cosio::test::world;

namespace {

client enter(world& w, const client_options& kind, const std::string& name) {
  return w.client("/chat", {{"token", name}}, kind).named(name);
}

using body = void (*)(world& w, const client_options& kind);

const std::pair<const char*, body> bodies[] = {
    {"numbers are added",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       w.require(ann.ask<int>("add", 1, 2) == 3, "one and two is three");
     }},
    {"many questions are answered",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       for (int i = 0; i < 20; ++i) w.require(ann.ask<int>("add", i, i) == 2 * i, "twice the number");
     }},
    {"others hear",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       auto bob = enter(w, kind, "bob");
       w.require(ann.ask<std::size_t>("say", "hello") == 1, "one other is there");
       bob.expect("said", "ann", "hello");
       ann.expect_nothing();
     }},
    {"events arrive in their order",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       auto bob = enter(w, kind, "bob");
       for (int i = 0; i < 20; ++i) ann.emit("say", std::to_string(i));
       for (int i = 0; i < 20; ++i) bob.expect("said", "ann", std::to_string(i));
     }},
    {"rooms are closed to others",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       auto bob = enter(w, kind, "bob");
       auto eve = enter(w, kind, "eve");
       bob.ask<>("listen", "attic");
       ann.emit("whisper", "attic", "psst");
       bob.expect("whispered", "ann", "psst");
       eve.expect_nothing();
     }},
    {"clients are asked",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       ann.on("colour?", [] { return "red"; });
       w.require(ann.ask<std::string>("survey") == "red", "the client has answered");
     }},
    {"silent clients keep nobody waiting",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       w.require(ann.ask<std::string>("survey") == "no answer", "the client has not answered");
     }},
    {"binary goes both ways",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       const std::vector<std::uint8_t> bytes{1, 2, 3};
       const auto back = ann.ask<std::vector<std::uint8_t>>("reverse", bytes);
       w.require(back == std::vector<std::uint8_t>{3, 2, 1}, "from the end to the beginning");
     }},
    {"others are told who has left",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       auto bob = enter(w, kind, "bob");
       bob.disconnect();
       ann.expect("left", "bob", "client namespace disconnect");
     }},
    {"clients that vanish are noticed",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       auto bob = enter(w, kind, "bob");
       bob.vanish();
       w.advance(2min);
       ann.expect("left", "bob", "ping timeout");
     }},
    {"clients that are idle stay",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       w.advance(1h);
       w.require(ann.ask<int>("add", 1, 1) == 2, "it is still there");
     }},
    {"the server shows clients out",
     [](world& w, const client_options& kind) {
       auto ann = enter(w, kind, "ann");
       ann.emit("leave");
       ann.expect_end("io server disconnect");
     }},
};

bool passes(const std::string& name, const std::function<void(world&)>& test) {
  try {
    world w;
    cosio::server io = w.server(chat::options());
    chat::set_up(io);
    test(w);
    return true;
  } catch (const std::exception& e) {
    std::cerr << name << ": " << e.what() << "\n\n";
    return false;
  }
}

}  // namespace

int main() {
  const auto begun = std::chrono::steady_clock::now();
  int count = 0;
  int failed = 0;
  const auto test = [&](const std::string& name, const std::function<void(world&)>& run) {
    ++count;
    if (!passes(name, run)) ++failed;
  };
  for (const auto& [name, run] : bodies)
    for (const client_options& kind : cosio::test::every_client())
      test(std::string(name) + ", " + to_string(kind.over) + " " + std::to_string(kind.eio),
           [&kind, play = run](world& w) { play(w, kind); });
  test("strangers stay out", [](world& w) {
    w.require(w.refusal("/chat", {{"token", "mallory"}}).message() == "who are you?", "a stranger is refused");
  });
  test("nobody stays out of sight",
       [](world& w) { w.require(w.refusal("/chat").data() == 401, "who has no token is refused"); });
  test("unknown namespaces are refused",
       [](world& w) { w.require(w.refusal("/attic").message() == "Invalid namespace", "there is no attic"); });
  test("who comes back has missed nothing", [](world& w) {
    auto ann = enter(w, {}, "ann");
    auto bob = enter(w, {}, "bob");
    ann.emit("say", "one");
    bob.expect("said", "ann", "one");
    bob.cut();
    w.settle();
    ann.emit("say", "two");
    bob.reconnect();
    w.require(bob.recovered(), "bob is the same as before");
    bob.expect("said", "ann", "two");
  });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  std::cout << count << " tests, " << failed << " failed, in " << took.count() << " ms\n";
  return failed == 0 && count == 100 ? 0 : 1;
}
