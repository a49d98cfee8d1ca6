// Each event is one handler; the result of a handler is the acknowledgement.

#include "classic.hpp"

#include <string>

#include "text.hpp"

namespace chat {

constexpr std::size_t max_shout = 1'000;  // characters

cosio::task<> play_classic(nsp io, socket client) {
  const std::string name = "client_" + client.id();

  client.on<"req">([](cosio::arguments) -> cosio::task<std::string> { co_return "hello world"; });

  client.on<"chat">([io, name](std::string text) -> cosio::task<> {
    co_await io.emit<"chat">(name + " says: " + several_lines(text, max_shout));
  });

  if (client.recovered()) co_return;  // the others have met it already
  co_await client.broadcast().emit<"hi">("I'm coming, my name: " + name);
}

}  // namespace chat
