// The client's half of permessage-deflate (RFC 7692): what it offers, what the server may answer to that, and messages
// compressed and inflated by zlib itself. It remembers earlier messages exactly as long as was agreed.

#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "test/dice.hpp"

namespace cosio::test::inline v0_2::kit {

class client_deflate {
 public:
  /// A value for Sec-WebSocket-Extensions.
  static std::string some_offer(dice& roll);

  /// @param answer  The header of the server's 101. @throws broken when it is not an answer to that offer.
  client_deflate(std::string_view offer, std::string_view answer);
  client_deflate(const client_deflate&) = delete;
  client_deflate& operator=(const client_deflate&) = delete;
  ~client_deflate();

  /// One message, without the 00 00 FF FF at its end.
  std::string deflate(std::string_view message);
  /// @throws broken for what was not made within the agreement.
  std::string inflate(std::string_view message);

  bool server_takeover() const noexcept;
  bool client_takeover() const noexcept;
  int server_bits() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace cosio::test::inline v0_2::kit
