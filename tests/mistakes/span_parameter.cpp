// expect: cosio: a parameter of a handler must own its data: take a std::string in place of a std::string_view

#include <cosio/cosio.hpp>

#include <span>

void listen(const cosio::socket& user) {
  user.on("moves", [](std::span<const int> all) { return all.size(); });
}
