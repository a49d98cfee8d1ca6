// Step 2: clients hear each other, in rooms.
#include <cosio/cosio.hpp>

cosio::task<> on_connection(cosio::socket user) {
  user.on("enter", [user](std::string room) -> cosio::task<> {
    co_await user.join(room);
    co_await user.to(room).emit("entered", room, user.id());  // the others in the room
  });

  user.on("say", [user](std::string room, std::string text) -> cosio::task<> {
    co_await user.nsp().to(room).emit("said", room, user.id(), text);  // all in the room, the sender too
  });

  const cosio::reason why = co_await user.disconnected();
  co_await user.broadcast().emit("left", user.id(), why.text());  // everybody else
}

int main() {
  cosio::http::app web;
  web.files("/", "public");
  cosio::server io(web);
  io.on_connection(on_connection);
  web.run();
}
