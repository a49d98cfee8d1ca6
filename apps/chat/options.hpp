// The command line of the chat app.

#pragma once
#include <cosio/http.hpp>
#include <span>
#include <stdexcept>

namespace chat {

/// A wrong command line; what() is for the person who typed it.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads `[--port N] [--host ADDRESS] [--cert FILE --key FILE]`. The defaults are port 3000, for this machine only,
/// no TLS.
///
/// @throws usage_error
cosio::http::app_options read_options(std::span<char* const> words);

}  // namespace chat
