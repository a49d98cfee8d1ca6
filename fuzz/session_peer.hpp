// One connection of a client in fuzz/session.cpp. Bytes are sent as they are; received bytes are parsed and checked.

#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/memory_stream.hpp"

namespace cosio::fuzz {

/// The data that all clients have received.
struct client_notes {
  std::vector<std::string> sids;  // of open packets, in their order
  std::size_t acks = 0;           // ACK packets of Socket.IO
  std::size_t transcript = 0;     // of everything received, as a hash
  std::size_t bytes = 0;          // received
};

class session_peer {
 public:
  session_peer(std::unique_ptr<async::memory_stream> stream, client_notes& notes)
      : stream_(std::move(stream)), notes_(notes) {}

  void send(std::string_view bytes);
  /// Sends bytes that may be no request, or a request with an unknown answer: from now on answers are not parsed.
  void send_raw(std::string_view bytes);
  /// Moves bytes in both directions: those that had no room before, and those that came.
  void step();
  /// Reads nothing until it is called again.
  void toggle_reading() noexcept { reads_ = !reads_; }
  void read_on() {
    reads_ = true;
    step();
  }
  void half_close() noexcept;
  void reset() noexcept { stream_->reset(); }
  /// Whether the server has ended the connection.
  bool ended() const noexcept { return ended_; }

 private:
  void push();
  void pull();
  void take_apart();
  void take_frames();
  void take_packet(std::string_view packet);
  void take_body(std::string_view body);

  std::unique_ptr<async::memory_stream> stream_;
  client_notes& notes_;
  std::string out_;
  std::string in_;
  bool reads_ = true;
  bool raw_ = false;
  bool websocket_ = false;
  bool closed_ = false;  // a close frame has come
  bool half_closed_ = false;
  bool ended_ = false;
};

}  // namespace cosio::fuzz
