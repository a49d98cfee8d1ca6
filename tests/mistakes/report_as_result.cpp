// expect: let it be a coroutine, which returns cosio::task<>, and write co_await in place of return

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on("say", [user](std::string text) { return user.emit("said", text); });
}
