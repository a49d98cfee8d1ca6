// The example of docs/typed-events.md.
#include "kitchen.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

using guest = cosio::typed_socket<kitchen>;
using guests = cosio::typed_nsp<kitchen>;

void serve(guest who) {
  who.on<"sit">([who](int table) { who.data({table}); });

  who.on<"order">([who](dish what) -> cosio::task<int> {
    if (!what.size) what.size = co_await who.timeout(5s).emit_with_ack<"what size?">(what.name);
    const int table = who.data().table;
    co_await who.broadcast().emit<"ordered">(table, what);
    co_return what.size == portion::large ? 20 : 10;
  });

  who.on<"menu">([](cosio::typed_ack<std::vector<dish>> answer) -> cosio::task<> {
    std::vector<dish> all(2);
    all[0].name = "soup";
    all[1].name = "tea";
    co_await answer(all);
  });
}

void open_kitchen(cosio::nsp where) {
  const guests everybody(std::move(where));
  everybody.on_connection(serve);
}

cosio::task<> call_everybody(guests everybody, dish what) {
  const cosio::report sent = co_await everybody.to("hungry").emit<"ordered">(0, what);
  if (sent.queued == 0) co_await everybody.untyped().emit("nobody is hungry");  // an event without a contract
}
