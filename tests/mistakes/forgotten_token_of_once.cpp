// expect: cosio: an async_ function begins with a completion token

#include <cosio/cosio.hpp>

#include <exception>
#include <string>

void wait(const cosio::socket& user) {
  user.async_once<std::string>("login", [](std::exception_ptr, std::string) {});
}
