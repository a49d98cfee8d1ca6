// A parser of the application's own: each packet is one text message, JSON with binary in it as hexadecimal digits.

#pragma once
#include <cosio/parser.hpp>

#include <memory>
#include <vector>

/// Its counterpart for socket.io-client is tests/interop/support/hex_parser.js.
class hex_parser final : public cosio::parser {
 public:
  std::vector<message> encode(const packet& from) const override;
  std::unique_ptr<decoder> make_decoder(const limits& bounds) const override;
};
