// expect: cosio: cosio::ack is the last parameter of a handler

#include <cosio/cosio.hpp>

#include <string>

void listen(const cosio::socket& user) {
  user.on("job", [](cosio::ack accept, std::string job) -> cosio::task<> { co_await accept(job); });
}
