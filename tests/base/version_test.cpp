// The version of the headers, as a number and as text.

#include <cosio/version.hpp>

#include <string>

#include "support/catch.hpp"

TEST_CASE("the version is the same as three numbers, as one number and as text", "[base][version]") {
  const std::string numbers = std::to_string(COSIO_VERSION_MAJOR) + "." + std::to_string(COSIO_VERSION_MINOR) + "." +
                              std::to_string(COSIO_VERSION_PATCH);
  CHECK(numbers == COSIO_VERSION_STRING);
  CHECK(COSIO_VERSION / 10'000 == COSIO_VERSION_MAJOR);
  CHECK(COSIO_VERSION / 100 % 100 == COSIO_VERSION_MINOR);
  CHECK(COSIO_VERSION % 100 == COSIO_VERSION_PATCH);
}

#if COSIO_VERSION < 200 || COSIO_VERSION >= 1'000'000
#error "the preprocessor cannot compare the version"
#endif
