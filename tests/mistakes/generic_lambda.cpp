// expect: cosio: a handler says the types of its parameters: it is no generic lambda

#include <cosio/cosio.hpp>

void listen(const cosio::socket& user) {
  user.on("say", [](auto text) { return text.length(); });
}
