// Long-polling of a client: one connection for GET, one for POST, both kept alive.

#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "link.hpp"
#include "stream.hpp"
#include "target.hpp"

namespace bench {

/// One long-polling session. Packets that are queued while a POST is under way leave with the next one.
class polling_link final : stream_user {
 public:
  polling_link(loop& turns, link_user& user, const target& where)
      : get_(turns, *this), post_(turns, *this), user_(user), where_(where) {}

  /// Asks for a session. Its open packet is handed over like any other.
  void open() { ask(); }
  void set_sid(std::string_view sid) { sid_ = sid; }
  void close() noexcept;

  void queue(std::string_view packet);
  void flush();
  /// Asks no more; on_link_idle() when nothing is under way.
  void pause();

  /// Connections that the server closed between two requests, and that were opened again.
  std::uint64_t reopened() const noexcept { return reopened_; }

 private:
  std::size_t on_bytes(stream& from, std::span<char> bytes) override;
  void on_read_done(stream&) override { user_.on_read_done(); }
  void on_closed(stream& which, std::string_view why) override;

  void ask();
  void connect(stream& which);
  std::size_t read_all(stream& from, std::span<const char> bytes);
  void take(stream& from, int status, std::string_view body);
  void tell_when_idle();

  stream get_;
  stream post_;
  link_user& user_;
  const target& where_;
  std::string sid_;
  std::string queued_;
  bool asking_ = false;
  bool posting_ = false;
  bool paused_ = false;
  bool idle_told_ = false;  // and nothing is sent any more
  std::uint64_t reopened_ = 0;
};

}  // namespace bench
