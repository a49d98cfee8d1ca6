// expect: cosio: a parameter of a handler must own its data: take a std::string in place of a std::string_view

#include <cosio/cosio.hpp>

void listen(const cosio::socket& user) {
  user.on("say", [](const char* text) -> cosio::task<bool> { co_return text != nullptr; });
}
