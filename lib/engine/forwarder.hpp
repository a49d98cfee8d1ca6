// The other servers of an engine: which of them a session belongs to, and the requests that are under way to them.
//
//   engine/engine_forward -> forwarder::owner_of() -> http/node_client -> the other server
//   the other server -> seen() -> a request as its client has sent it

#pragma once
#include <cosio/forwarding.hpp>
#include <cosio/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "async/runtime.hpp"
#include "base/guarded.hpp"
#include "base/minute_line.hpp"
#include "base/text_map.hpp"
#include "engine/forward_mark.hpp"
#include "http/body_room.hpp"
#include "http/node_client.hpp"
#include "http/tunnel.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::engine {

/// Any thread.
class forwarder final : public std::enable_shared_from_this<forwarder> {
 public:
  /// @throws error errc::bad_argument, errc::not_supported
  explicit forwarder(forwarding_options settings);

  /// The times and sizes of the engine that it belongs to: once, before the first request.
  void belongs_to(const engine_options& engine);

  const forwarding_options& settings() const noexcept { return settings_; }
  void nodes(node_list list);
  node_list nodes() const;
  forwarding_counts counts() const noexcept;

  /// The id of a new session: with the number of this server in front.
  /// @param made  By the application, or else random.
  /// @param own   Whether the application has made it.
  std::string named(std::string made, bool own, wire::revision rev) const;

  /// A request as its client has sent it to the server that has passed it on; nothing for a request of a client.
  std::optional<http::request> seen(const http::request& request) const;

  /// The server that gets a request for a session that is not here. Null: it is refused here.
  std::shared_ptr<http::node_client> owner_of(const http::request& request, std::string_view sid,
                                              const std::shared_ptr<async::runtime>& runtime);
  /// The mark for a request that goes to a server. @param request  As the client has sent it.
  std::string mark(const http::node_client& to, const http::request& request) const {
    return marks_.make(settings_.node, to.number(), request);
  }

  /// Counts a request of a session until the result is destroyed. A client has few of them at a time: more are one
  /// request that comes back here again and again, because something on its way has taken its mark away.
  /// @return null: so many are under way that this one must not be passed on.
  std::shared_ptr<void> enter(std::string_view sid);

  /// Something under way, which stop() cuts. It counts as such until the result is destroyed.
  /// @return null when the server is closing.
  std::shared_ptr<void> begin(const std::shared_ptr<http::cuttable>& what);
  /// Cuts everything that is under way, and lets nothing begin until start().
  void stop() noexcept;
  void start() noexcept;

  /// The time without a byte after which a tunnel ends: two heartbeats.
  std::chrono::milliseconds tunnel_idle() const noexcept { return tunnel_idle_; }
  const std::shared_ptr<http::node_counts>& shared_counts() const noexcept { return counts_; }
  /// For bodies of requests that have not come as a whole.
  http::body_room& unread() const noexcept { return *unread_; }

 private:
  struct entry {
    explicit entry(http::node_address where) : address(std::move(where)) {}
    http::node_address address;
    std::shared_ptr<http::node_client> client;  // made for the first request
  };
  using table = std::map<unsigned, entry>;

  static table read(const node_list& list);
  void tell_unproven(const http::request& request) const;
  void tell_late(const forward_mark& mark, std::int64_t by) const;
  void tell_misled(const forward_mark& mark) const;
  void tell_unknown(unsigned number) const;
  void tell_looping(std::string_view sid) const;

  const forwarding_options settings_;
  const mark_keeper marks_;
  const std::string code_;  // of this server, in front of ids
  const std::shared_ptr<http::node_counts> counts_ = std::make_shared<http::node_counts>();
  const std::shared_ptr<http::body_room> unread_;
  http::node_limits limits_;
  std::chrono::milliseconds tunnel_idle_{0};
  mutable base::minute_line unproven_;  // lines of the log
  mutable base::minute_line late_;
  mutable base::minute_line misled_;
  mutable base::minute_line looping_;

  mutable base::mutex mutex_;
  table nodes_ COSIO_GUARDED_BY(mutex_);
  bool stopped_ COSIO_GUARDED_BY(mutex_) = false;
  std::unordered_map<const void*, std::weak_ptr<http::cuttable>> under_way_ COSIO_GUARDED_BY(mutex_);
  base::text_map<std::size_t> of_sessions_ COSIO_GUARDED_BY(mutex_);  // requests of enter()
};

}  // namespace cosio::inline v0_2::engine
