// Counters of a working server: one cell for each counter and thread, added up when somebody asks.
//
// Counting costs a load and a store, because a thread writes cells that no other thread writes. Only when there
// are more
// threads than stripes, the last threads share one stripe.

#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cosio::base {

/// Counters of present things (sessions, sockets, handlers) go up and down. All others only go up.
enum class counter : unsigned char {
  handshakes,               // accepted
  refused,                  // by the code on the wire: six of them
  sessions = refused + 6,   // now: see session_kind()
  upgrades = sessions + 4,  // done
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
  closed,                // by reason::kind
  limits = closed + 16,  // by limit
  recovery_stored = limits + 24,
  recovered,
  count
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
  max_handlers_in_flight,
  max_queued_bytes,
  max_sessions,
  max_sessions_per_address,
  max_handshakes_per_address,
  max_byte_rate,
  max_rooms_per_client,
  max_listeners_per_socket,
  max_pending_acks,
  max_event_rate,
  max_event_rates,
  count
};
std::string_view to_string(limit which) noexcept;

/// The place of a counter in the group of sessions. @param revision_4  Engine.IO revision 4, otherwise 3.
constexpr std::size_t session_kind(bool websocket, bool revision_4) noexcept {
  return (websocket ? 2U : 0U) + (revision_4 ? 1U : 0U);
}

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
  void subtract(counter what) noexcept { add(what, ~std::uint64_t{0}); }
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

}  // namespace cosio::base
