// A chat in one file: whoever says something is heard by everybody else.
#include <cosio/cosio.hpp>

// One person in the chat, from the first hello to the last goodbye.
cosio::task<> on_connection(cosio::socket user) {
  co_await user.join("lobby");

  user.on("say", [user](std::string text) -> cosio::task<std::size_t> {
    const cosio::report sent = co_await user.to("lobby").emit("said", user.id(), text);
    co_return sent.queued;  // the result of a handler is the acknowledgement
  });

  const cosio::reason why = co_await user.disconnected();
  co_await user.to("lobby").emit("left", user.id(), why.text());
}

int main() {
  cosio::server io;  // port 3000, one thread per processor
  io.on_connection(on_connection);
  io.run();
}
