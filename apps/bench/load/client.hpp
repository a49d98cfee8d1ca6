// One Socket.IO client of the load: from its first request into its namespace, and then packets both ways.
//
//   websocket   GET (upgrade) -> open packet -> CONNECT
//   polling     GET -> open packet -> POST CONNECT, GET …
//   upgrade     the same, and beside it a WebSocket: probe, pause, upgrade; ready when both are through

#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "clock.hpp"
#include "link.hpp"
#include "polling_link.hpp"
#include "target.hpp"
#include "websocket_link.hpp"

namespace bench {

enum class transport { websocket, polling, upgrade };

class client;

/// The receiver of everything that clients read.
class client_user {
 public:
  virtual void on_ready(client& who) = 0;
  /// A Socket.IO packet that is not about the connection: an event or an acknowledgement, as text.
  virtual void on_packet(client& who, std::string_view packet) = 0;
  virtual void on_attachment(client& who, std::string_view bytes) = 0;
  virtual void on_read_done(client& who) = 0;
  /// @param was_ready  whether it had been in its namespace
  virtual void on_lost(client& who, std::string_view why, bool was_ready) = 0;

 protected:
  ~client_user() = default;
};

/// A client. It must not move, and lives as long as the loop runs.
class client final : public link_user {
 public:
  virtual ~client() = default;
  enum class state : std::uint8_t { fresh, opening, joining, upgrading, ready, gone };

  client(loop& turns, client_user& user, const target& where, transport way, std::uint32_t number);

  /// Begins; on_ready() or on_lost() follows.
  /// @param due  when it should begin; its time of connecting counts from then
  void start(clock::time_point due);
  /// Closes the connection without a goodbye.
  void close() noexcept;
  /// Stops reading. Only over WebSocket.
  void stall() { websocket_->stall(); }
  /// The same as close(), and reports why.
  void give_up(std::string_view why);

  // Packets leave with flush(): one send, or one POST, for all that are queued.
  void queue(std::string_view packet);
  void queue_attachment(std::string_view bytes) { websocket_->queue_binary(bytes); }
  void flush();

  std::uint32_t number() const noexcept { return number_; }
  bool is_ready() const noexcept { return state_ == state::ready; }
  bool is_gone() const noexcept { return state_ == state::gone; }
  bool is_connecting() const noexcept { return state_ != state::fresh && !is_ready() && !is_gone(); }
  clock::time_point started() const noexcept { return started_; }
  std::uint64_t reopened() const noexcept { return polling_ ? polling_->reopened() : 0; }

 private:
  void on_link_open() override;
  void on_link_idle() override;
  void on_engine_packet(std::string_view packet) override;
  void on_binary(std::string_view bytes) override { user_.on_attachment(*this, bytes); }
  void on_read_done() override;
  void on_link_lost(std::string_view why) override { give_up(why); }

  void opened(std::string_view packet);
  void begin_upgrade();
  void joined(std::string_view packet);
  void take_socket_packet(std::string_view packet);
  void be_ready();

  client_user& user_;
  const target& where_;
  std::unique_ptr<polling_link> polling_;
  std::unique_ptr<websocket_link> websocket_;
  std::string sid_;
  clock::time_point started_{};
  std::uint32_t number_;
  state state_ = state::fresh;
  bool upgraded_ = true;  // nothing to wait for
};

}  // namespace bench
