// The chat app: a page and a Socket.IO server on one port.
//
//   every connection -> classic.cpp (the example of old) and visit.cpp (the chat); who is where -> house.cpp

#include <chrono>
#include <cosio/cosio.hpp>
#include <exception>
#include <iostream>
#include <memory>

#include "classic.hpp"
#include "contract.hpp"
#include "house.hpp"
#include "options.hpp"
#include "page.hpp"
#include "visit.hpp"

namespace {

constexpr std::chrono::milliseconds deadline{1'000};  // for what is under way when a signal comes
constexpr std::chrono::milliseconds spread{300};      // so that pages do not come back all at once

void serve(const cosio::http::app_options& where) {
  cosio::http::app app(where);
  chat::serve_page(app);

  const cosio::server io(app);
  const auto home = std::make_shared<chat::house>();
  const chat::nsp lobby(io.sockets());
  lobby.on_connection([&lobby](chat::socket client) { return chat::play_classic(lobby, client); });
  lobby.on_connection([&lobby, home](chat::socket guest) { return chat::visit(lobby, home, guest); });

  app.listen();
  std::cout << "listening on " << app.url() << std::endl;
  cosio::close_options how(deadline);
  how.spread = spread;
  io.run_until_signal(how);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int exit_failed = 1;
  try {
    cosio::http::app_options where;
    if (const auto code = chat::read_options(where, argc, argv)) return *code;
    serve(where);
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "chat: " << failed.what() << "\n";
    return exit_failed;
  }
}
