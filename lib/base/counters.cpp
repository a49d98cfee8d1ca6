// The table of stripes: the threads take their cells from it, and sum() adds them up.

#include "base/counters.hpp"

#include "base/guarded.hpp"

namespace cosio::inline v0_2::base {
namespace {

struct stripe_table {
  base::mutex mutex;  // the next owner of a stripe sees the counts of the last one
  std::array<bool, detail::stripes> taken COSIO_GUARDED_BY(mutex) = {};
};

stripe_table& table() {
  static auto* const kept = new stripe_table;  // never destroyed: threads may end while the process does
  return *kept;
}

// The stripe of a thread, which is given back when the thread ends. Later counts of this thread go to the
// shared stripe.
class lease {
 public:
  lease() {
    stripe_table& all = table();
    const base::lock_guard lock(all.mutex);
    for (unsigned i = 1; i < detail::stripes && number_ == detail::stripes; ++i)
      if (!all.taken[i]) number_ = i;
    if (number_ != detail::stripes) all.taken[number_] = true;
  }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() {
    detail::own_stripe = detail::stripes;
    if (number_ == detail::stripes) return;
    stripe_table& all = table();
    const base::lock_guard lock(all.mutex);
    all.taken[number_] = false;
  }
  unsigned number() const noexcept { return number_; }

 private:
  unsigned number_ = detail::stripes;
};

}  // namespace

unsigned detail::take_stripe() noexcept {
  static thread_local const lease mine;
  return own_stripe = mine.number();
}

std::string_view to_string(limit which) noexcept {
  switch (which) {
    case limit::max_payload:
      return "max_payload";
    case limit::max_packets:
      return "max_packets";
    case limit::max_attachments:
      return "max_attachments";
    case limit::max_packet_bytes:
      return "max_packet_bytes";
    case limit::max_json_depth:
      return "max_json_depth";
    case limit::max_child_namespaces:
      return "max_child_namespaces";
    case limit::max_namespaces_per_client:
      return "max_namespaces_per_client";
    case limit::max_handlers_in_flight:
      return "max_handlers_in_flight";
    case limit::max_held_bytes:
      return "max_held_bytes";
    case limit::max_queued_bytes:
      return "max_queued_bytes";
    case limit::max_client_bytes:
      return "max_client_bytes";
    case limit::max_sessions:
      return "max_sessions";
    case limit::max_sessions_per_address:
      return "max_sessions_per_address";
    case limit::max_handshakes_per_address:
      return "max_handshakes_per_address";
    case limit::max_silent_sessions_per_address:
      return "max_silent_sessions_per_address";
    case limit::first_request_timeout:
      return "first_request_timeout";
    case limit::max_byte_rate:
      return "max_byte_rate";
    case limit::max_rooms_per_client:
      return "max_rooms_per_client";
    case limit::max_listeners_per_socket:
      return "max_listeners_per_socket";
    case limit::max_pending_acks:
      return "max_pending_acks";
    case limit::max_event_rate:
      return "max_event_rate";
    case limit::max_event_rates:
      return "max_event_rates";
    case limit::count:
      break;
  }
  return {};
}

std::string_view to_string(kept which) noexcept {
  switch (which) {
    case kept::head:
      return "head";
    case kept::frames:
      return "frames";
    case kept::input:
      return "input";
    case kept::events:
      return "events";
    case kept::rooms:
      return "rooms";
    case kept::namespaces:
      return "namespaces";
    case kept::count:
      break;
  }
  return {};
}

std::uint64_t counters::sum(counter what) const noexcept {
  std::uint64_t all = 0;
  for (const stripe& one : stripes_) all += one.cells[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
  return all;
}

}  // namespace cosio::inline v0_2::base
