// expect: cosio: a parameter of a handler is a value or a const reference, no other reference

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on("say", [](std::string& text) { text += "!"; });
}
