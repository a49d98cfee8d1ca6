// Opens a port, and compares the version of the headers with the one that is its argument. Catches an error of the
// library by its type, which a shared library and a program with hidden names must share. Exits 0 when both are right.
#include <cosio/cosio.hpp>

#include <exception>
#include <iostream>
#include <string_view>

bool catches_errors() {
  cosio::options wrong;
  wrong.transports = {"pigeon"};
  try {
    const cosio::server io(wrong);
  } catch (const cosio::error& refused) {
    return refused.code() == cosio::errc::bad_argument && !refused.detail().empty();
  } catch (const std::exception& other) {
    std::cerr << "caught as another type: " << other.what() << '\n';
  }
  return false;
}

int main(int argc, char** argv) {
  cosio::options options;
  options.host = "127.0.0.1";
  options.port = 0;
  cosio::server io(options);
  io.listen();

  const std::string_view wanted = argc == 2 ? argv[1] : "";
  std::cout << "headers: " << COSIO_VERSION_STRING << ", package: " << wanted << ", port: " << io.port() << '\n';
  return wanted == COSIO_VERSION_STRING && catches_errors() ? 0 : 1;
}
