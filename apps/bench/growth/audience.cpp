// Clients of the load client that send nothing.

#include "audience.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "load/crowd.hpp"
#include "load/failures.hpp"
#include "load/loop.hpp"
#include "load/options.hpp"
#include "load/progress.hpp"
#include "load/target.hpp"

namespace bench {

audience::audience(std::uint16_t port, std::uint32_t clients) : thread_([=, this] { attend(port, clients); }) {}

audience::~audience() {
  over_ = true;
  thread_.join();
}

void audience::attend(std::uint16_t port, std::uint32_t clients) const {
  constexpr std::chrono::milliseconds longest_turn{20};
  try {
    options wanted;
    wanted.clients = clients;
    const target where = make_target("http://127.0.0.1:" + std::to_string(port));
    failures wrong;
    progress silent(true);
    loop turns(false);
    crowd all(turns, where, wanted, wrong, silent);
    all.connect_all();
    while (!over_) turns.turn(longest_turn);
  } catch (const std::exception& failed) {
    std::cerr << "bench_rooms: " << failed.what() << "\n";
    std::terminate();  // the server would wait for its audience for ever
  }
}

}  // namespace bench
