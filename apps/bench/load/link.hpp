// The transport of Engine.IO packets between a client and the server: a WebSocket, or long-polling.

#pragma once
#include <string_view>

namespace bench {

/// The receiver of everything that a link reads.
class link_user {
 public:
  virtual void on_link_open() {}  ///< a WebSocket was accepted
  virtual void on_link_idle() {}  ///< long-polling that was told to pause has no request under way
  virtual void on_engine_packet(std::string_view packet) = 0;
  virtual void on_binary(std::string_view bytes) = 0;
  virtual void on_read_done() = 0;  ///< all packets of one read have been handed over
  virtual void on_link_lost(std::string_view why) = 0;

 protected:
  ~link_user() = default;
};

}  // namespace bench
