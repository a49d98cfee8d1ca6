// The password of a key that is asked for, wherever the key comes from.

#pragma once
#include <stdexcept>
#include <string>

#include "http/tls.hpp"
#include "support/catch.hpp"

namespace cosio::test {

/// Checks that the password is asked for whenever the key is read, and what happens when asking fails.
///
/// @param options   A key that needs `password`, which the options do not have.
inline void check_asked_password(http::tls_options options, const std::string& password) {
  int asked = 0;
  options.ask_key_password = [&] {
    ++asked;
    return password;
  };
  http::certificates keys(options);
  keys.reload();
  CHECK(asked == 2);
  options.ask_key_password = []() -> std::string { throw std::runtime_error("the vault is closed"); };
  CHECK_THROWS_WITH(http::certificates(options), "the vault is closed");
}

}  // namespace cosio::test
