// Step 1: a page and a server on one port.
#include <cosio/cosio.hpp>

// One client, from its arrival to its end.
cosio::task<> on_connection(cosio::socket user) {
  user.on("say", [](std::string text) { return "you said " + text; });  // the result is the answer
  co_await user.emit("welcome", user.id());
}

int main() {
  cosio::http::app web;      // port 3000, one thread per processor
  web.files("/", "public");  // index.html is in this folder
  cosio::server io(web);     // Socket.IO, on the same port
  io.on_connection(on_connection);
  web.run();
}
