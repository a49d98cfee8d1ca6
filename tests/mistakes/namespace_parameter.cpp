// expect: cosio: the parameters of a handler are what the client sends

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on("say", [](cosio::nsp where, std::string text) -> cosio::task<> { co_await where.emit("said", text); });
}
