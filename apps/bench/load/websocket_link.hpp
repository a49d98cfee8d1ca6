// A WebSocket as a client has it.

#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "frame.hpp"
#include "inflater.hpp"
#include "link.hpp"
#include "stream.hpp"
#include "target.hpp"

namespace bench {

/// One WebSocket. What is queued leaves with flush(), all of it in one send.
class websocket_link final : stream_user {
 public:
  websocket_link(loop& turns, link_user& user) : stream_(turns, *this), user_(user) {}

  /// Connects; of a session that exists when `sid` names one.
  void open(const target& where, std::string_view sid);
  void close() noexcept { stream_.close(); }
  void stall() { stream_.stall(); }

  void queue(std::string_view packet) { append_frame(queued_, opcode::text, packet); }
  void queue_binary(std::string_view bytes) { append_frame(queued_, opcode::binary, bytes); }
  void flush();

 private:
  std::size_t on_bytes(stream& from, std::span<char> bytes) override;
  void on_read_done(stream&) override { user_.on_read_done(); }
  void on_closed(stream&, std::string_view why) override { user_.on_link_lost(why); }

  std::size_t read_all(std::span<const char> bytes);
  std::size_t read_handshake(std::span<const char> bytes);
  void agree(std::string_view extensions);
  void take(const frame& got);
  void take_message(bool binary, bool compressed, std::string_view payload);
  void control(const frame& got);

  stream stream_;
  link_user& user_;
  std::shared_ptr<compression> deflate_;  // none: not offered
  std::unique_ptr<inflater> context_;     // when the server's messages refer to earlier ones
  bool accepted_ = false;
  bool in_fragments_ = false;
  bool fragments_are_binary_ = false;
  bool fragments_are_compressed_ = false;
  std::string fragments_;
  std::string queued_;
};

}  // namespace bench
