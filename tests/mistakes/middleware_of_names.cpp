// expect: cosio: middleware of a namespace takes cosio::socket& (or cosio::socket), and cosio::next if it

#include <cosio/cosio.hpp>

#include <string>

void guard(const cosio::nsp& admin) {
  admin.use([](std::string name) {
    if (name.empty()) throw cosio::refusal("who are you?");
  });
}
