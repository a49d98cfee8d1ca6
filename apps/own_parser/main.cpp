// A server that speaks a parser of its own, and answers with what it gets.
//
//   own_parser [PORT]     0, the default, picks a free one

#include <cosio/cosio.hpp>

#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>

#include "command_line/command_line.hpp"
#include "hex_parser.hpp"

namespace {

void serve(cosio::socket user) {
  user.on("message", [user](cosio::arguments all) -> cosio::task<> { co_await user.emit("message-back", all); });
  user.on("message-with-ack", [](cosio::arguments all) { return all; });
  user.on("everybody",
          [user](cosio::arguments all) -> cosio::task<> { co_await user.nsp().emit("message-back", all); });
  user.on("ask-me", [user](cosio::arguments all) -> cosio::task<> {
    const cosio::arguments answer = co_await user.emit_with_ack("question", all);
    co_await user.emit("message-back", answer);
  });
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): as middleware is
cosio::task<> only_friends(cosio::socket& user, cosio::next next) {
  if (!user.handshake().auth().object().contains("friend"))
    throw cosio::refusal("not a friend", boost::json::value(403));
  co_await next();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    cosio::options opts;
    opts.host = "127.0.0.1";
    opts.port = 0;
    apps::command_line line("own_parser", "Answers with the events that it gets, in a parser of its own.");
    line.number("PORT", opts.port, "on 127.0.0.1; 0 picks a free one")->capture_default_str();
    if (const auto code = line.read(argc, argv)) return *code;
    opts.parser = std::make_shared<hex_parser>();

    cosio::server io(opts);
    io.on_connection(serve);
    io.of("/friends").use(only_friends).on_connection(serve);
    const std::uint16_t port = io.listen();
    std::cout << "listening on http://127.0.0.1:" << port << std::endl;
    io.run();
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "own_parser: " << failed.what() << "\n";
    return 1;
  }
}
