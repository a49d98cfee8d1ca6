// expect: cosio: a parameter of a handler must own its data: take a std::string in place of a std::string_view

#include <cosio/cosio.hpp>

#include <string_view>

void listen(const cosio::socket& user) {
  user.on("say", [](std::string_view text) { return text.size(); });
}
