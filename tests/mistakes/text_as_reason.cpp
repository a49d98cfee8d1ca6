// expect: cosio: a handler of on_disconnect() or on_disconnecting() takes cosio::reason by value

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on_disconnect([](std::string why) { return why; });
}
