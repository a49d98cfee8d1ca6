// The smallest complete application: a page and a Socket.IO server on one port. The page is hello/index.html.

#include <cosio/cosio.hpp>

#include <cstdint>
#include <iostream>
#include <string>

// One client, from beginning to end. A listener that is added before the first co_await misses no event.
cosio::task<> greet(cosio::socket user) {
  user.on("hello", [user](std::string name) -> cosio::task<std::string> {
    co_await user.broadcast().emit("somebody came", name);  // tells everybody else
    co_return "Hello " + name + "!";                        // the result is the acknowledgement
  });
  co_await user.emit("welcome", user.id());  // tells this client alone

  const cosio::reason why = co_await user.disconnected();
  std::cout << user.id() << " has left: " << why.text() << std::endl;
}

int main(int argc, char** argv) {
  cosio::http::app_options where;  // port 3000, and a thread for each processor
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::http::app web(where);
  web.files("/", "hello");  // a folder beside the program
  cosio::server io(web);    // answers on the same port, and serves its client as /socket.io/socket.io.js
  io.on_connection(greet);
  io.run_until_signal();
}
