// expect: cosio: the result of a handler is its acknowledgement, and this type cannot be one

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on("say", [user](std::string text) { return user.emit("said", text); });
}
