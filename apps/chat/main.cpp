// The chat app: a page and a Socket.IO server on one port.
//
//   every connection -> classic.cpp (the example of old) and visit.cpp (the chat); who is where -> house.cpp; what
//   was said -> history.cpp, and diary.cpp for the file

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/successor.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "classic.hpp"
#include "contract.hpp"
#include "house.hpp"
#include "options.hpp"
#include "page.hpp"
#include "visit.hpp"

namespace {

constexpr std::chrono::milliseconds deadline{1'000};  // for what is under way when a signal comes
constexpr std::chrono::milliseconds spread{300};      // so that pages do not come back all at once

// SIGUSR2 starts the program anew, perhaps a newer one. When that serves, it sends this process SIGTERM.
cosio::task<> start_successors(cosio::http::app& app, std::vector<std::string> command) {
  boost::asio::signal_set wanted(app.executor(), SIGUSR2);
  for (;;) {
    co_await wanted.async_wait(boost::asio::use_awaitable);
    try {
      cosio::http::start_successor(command, app.sockets());
    } catch (const std::exception& failed) {
      std::cerr << "chat: no successor: " << failed.what() << std::endl;
    }
  }
}

// A page whose connection breaks for less than two minutes comes back as the same socket, and misses nothing. A client
// that does too much is refused, so that others do not feel it; the page tries again a little later.
cosio::options how_to_serve() {
  cosio::options how;
  how.connection_state_recovery.emplace();
  how.max_event_rate = cosio::rate_limit(10, 100);
  how.max_event_rates["enter"] = cosio::rate_limit(1, 20);
  how.max_event_rates["say"] = cosio::rate_limit(5, 40);
  how.max_event_rates["edit"] = cosio::rate_limit(2, 20);
  return how;
}

void serve(const chat::settings& set, std::vector<std::string> command) {
  cosio::http::app app(set.where);
  chat::serve_page(app);

  const cosio::server io(app, how_to_serve());
  const auto home = std::make_shared<chat::house>(set.history);
  const auto door = std::make_shared<chat::bell>(io.executor(), 1);
  const chat::nsp all(io.sockets());
  all.on_connection([&all](chat::socket client) { return chat::play_classic(all, client); });
  all.on_connection([&all, home, door](chat::socket guest) { return chat::visit(all, home, door, guest); });

  app.listen();
  std::cout << "listening on " << app.url() << std::endl;
  io.spawn(start_successors(app, std::move(command)));
  io.spawn(chat::tell_moves(all, home, door));
  cosio::close_options how(deadline);
  how.spread = spread;
  io.run_until_signal(how);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int exit_failed = 1;
  try {
    chat::settings set;
    if (const auto code = chat::read_options(set, argc, argv)) return *code;
    serve(set, std::vector<std::string>(argv, argv + argc));
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "chat: " << failed.what() << "\n";
    return exit_failed;
  }
}
