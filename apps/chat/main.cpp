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

// A page whose connection breaks for less than two minutes comes back as the same socket, and misses nothing.
cosio::options with_recovery() {
  cosio::options how;
  how.connection_state_recovery.emplace();
  return how;
}

void serve(const chat::settings& set, std::vector<std::string> command) {
  cosio::http::app app(set.where);
  chat::serve_page(app);

  const cosio::server io(app, with_recovery());
  const auto home = std::make_shared<chat::house>(set.history);
  const chat::nsp lobby(io.sockets());
  lobby.on_connection([&lobby](chat::socket client) { return chat::play_classic(lobby, client); });
  lobby.on_connection([&lobby, home](chat::socket guest) { return chat::visit(lobby, home, guest); });

  app.listen();
  std::cout << "listening on " << app.url() << std::endl;
  io.spawn(start_successors(app, std::move(command)));
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
