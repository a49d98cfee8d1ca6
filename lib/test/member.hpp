// The knowledge of a connection about the clients in its namespaces.

#pragma once
#include <string>

#include "test/sio_packet.hpp"

namespace cosio::test::inline v0_2::kit {

class member {
 public:
  virtual ~member() = default;
  virtual const std::string& nsp() const noexcept = 0;
  /// The connection is open: it sends CONNECT.
  virtual void ask_to_enter() = 0;
  /// A packet for its namespace has come.
  virtual void take(const sio_packet& packet) = 0;
  /// The connection has ended.
  virtual void leave(const std::string& reason) = 0;
};

}  // namespace cosio::test::inline v0_2::kit
