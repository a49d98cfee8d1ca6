// Counters of a working server: one cell for each counter and thread, added up when somebody asks.
//
// Counting costs a load and a store, because a thread writes cells that no other thread writes. Only when there are
// more threads than stripes, the last threads share one stripe.

#pragma once
#include <cosio/reason.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cosio::inline v0_2::base {

/// Sizes of the groups among the counters. Assertions below show that each group has room for its kinds.
inline constexpr std::size_t refusal_counters = 6;  // of engine::refusal_code
inline constexpr std::size_t session_counters = 4;  // of session_kind()
inline constexpr std::size_t reason_counters = 16;  // of reason::kind
inline constexpr std::size_t limit_counters = 32;   // of base::limit
inline constexpr std::size_t kept_counters = 6;     // of base::kept

/// Counters of present things (sessions, sockets, handlers) go up and down. All others only go up.
enum class counter : unsigned char {
  handshakes,                              // accepted
  refused,                                 // by the code on the wire
  sessions = refused + refusal_counters,   // now: see session_kind()
  upgrades = sessions + session_counters,  // upgrades that are done
  upgrades_abandoned,
  packets_in,
  packets_out,
  bytes_in,
  bytes_out,
  sockets,  // now
  events,
  handlers,  // now
  handler_errors,
  argument_errors,  // events whose arguments fit no handler
  asked,            // acknowledgements of clients
  answered,
  timed_out,
  broadcasts,
  queued,  // deliveries
  dropped,
  delivery_refused,
  closed,                             // by reason::kind
  limits = closed + reason_counters,  // by limit
  recovery_stored = limits + limit_counters,
  recovered,
  kept_bytes,  // now, by base::kept
  count = kept_bytes + kept_counters
};

/// The n-th counter of a group.
constexpr counter operator+(counter first, std::size_t n) noexcept {
  return static_cast<counter>(static_cast<std::size_t>(first) + n);
}

/// Limits that input can reach, under the names of their options.
enum class limit : unsigned char {
  max_payload,
  max_packets,
  max_attachments,
  max_packet_bytes,
  max_json_depth,
  max_namespaces_per_client,
  max_child_namespaces,
  max_handlers_in_flight,
  max_held_bytes,
  max_queued_bytes,
  max_client_bytes,
  max_sessions,
  max_sessions_per_address,
  max_handshakes_per_address,
  max_silent_sessions_per_address,
  first_request_timeout,
  max_byte_rate,
  max_rooms_per_client,
  max_listeners_per_socket,
  max_pending_acks,
  max_event_rate,
  max_event_rates,
  count
};
static_assert(static_cast<std::size_t>(limit::count) <= limit_counters);
std::string_view to_string(limit which) noexcept;

/// The kinds of memory that a client makes a server keep. See account.hpp.
enum class kept : unsigned char {
  head,        // the head of the request that opened the session
  frames,      // frames in a queue, and on their way out
  input,       // packets in parts: the last part has not come
  events,      // events in a queue for handlers
  rooms,       // the rooms of its sockets
  namespaces,  // its sockets with the payloads of their CONNECT, and namespaces that were made for it
  count
};
static_assert(static_cast<std::size_t>(kept::count) <= kept_counters);
std::string_view to_string(kept which) noexcept;

/// The last reason of the list. A test notices when another one follows.
inline constexpr reason::kind last_reason = reason::kind::rate_limit_exceeded;
static_assert(static_cast<std::size_t>(last_reason) < reason_counters);

/// The place of a counter in the group of sessions. @param revision_4  Engine.IO revision 4, otherwise 3.
constexpr std::size_t session_kind(bool websocket, bool revision_4) noexcept {
  return (websocket ? 2U : 0U) + (revision_4 ? 1U : 0U);
}
static_assert(session_kind(true, true) < session_counters);

namespace detail {

inline constexpr std::size_t stripes = 32;  // the first is shared by threads that got none of their own

/// The stripe of this thread; 0 before take_stripe().
inline constinit thread_local unsigned own_stripe = 0;
/// @return the stripe of this thread, `stripes` for the shared one.
unsigned take_stripe() noexcept;

}  // namespace detail

/// Any thread.
class counters {
 public:
  void add(counter what, std::uint64_t n = 1) noexcept {
    const unsigned known = detail::own_stripe;
    const unsigned mine = known != 0 ? known : detail::take_stripe();
    if (mine < detail::stripes) {
      cell& own = cell_of(mine, what);
      own.store(own.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    } else {
      cell_of(0, what).fetch_add(n, std::memory_order_relaxed);
    }
  }
  /// Only for counters of present things.
  void subtract(counter what, std::uint64_t n = 1) noexcept { add(what, ~n + 1); }
  void hit(limit which) noexcept { add(counter::limits + static_cast<std::size_t>(which)); }

  /// The sum over all threads. It may or may not contain counts that other threads add meanwhile.
  std::uint64_t sum(counter what) const noexcept;

 private:
  using cell = std::atomic<std::uint64_t>;
  struct alignas(64) stripe {
    std::array<cell, static_cast<std::size_t>(counter::count)> cells{};
  };
  cell& cell_of(unsigned of, counter what) noexcept { return stripes_[of].cells[static_cast<std::size_t>(what)]; }

  std::array<stripe, detail::stripes> stripes_{};
};

}  // namespace cosio::inline v0_2::base
