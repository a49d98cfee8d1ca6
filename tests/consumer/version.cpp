// Opens a port, and compares the version of the headers with the one that is its argument. Exits 0 when they are equal.
#include <cosio/cosio.hpp>

#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  cosio::options options;
  options.host = "127.0.0.1";
  options.port = 0;
  cosio::server io(options);
  io.listen();

  const std::string_view wanted = argc == 2 ? argv[1] : "";
  std::cout << "headers: " << COSIO_VERSION_STRING << ", package: " << wanted << ", port: " << io.port() << '\n';
  return wanted == COSIO_VERSION_STRING ? 0 : 1;
}
