// Events on their way out: with their acknowledgements, and while they wait for the connection.
//
//   emit() -> outgoing_event -> sent at once, or into offline_events -> sent when the socket is connected

#pragma once
#include <cosio/arguments.hpp>
#include <cosio/client_socket.hpp>
#include <cosio/convert.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/pending_result.hpp"

namespace cosio::inline v0_2::clients {

/// The answer that somebody waits for.
struct question {
  std::shared_ptr<pending_result<arguments>> answer = std::make_shared<pending_result<arguments>>();
  std::optional<std::uint64_t> id = {};  // when the event has one. On the strand.
};

struct outgoing_event {
  std::string event;
  event_data data;
  client_flags flags = {};
  std::shared_ptr<question> asks = {};  // null: nobody waits
  std::size_t bytes() const noexcept {
    std::size_t sum = event.size() + data.json().size() + sizeof(outgoing_event);
    for (const binary& each : data.attachments()) sum += each.size();
    return sum;
  }
};
using outgoing_ptr = std::shared_ptr<outgoing_event>;

/// Events that wait for the connection, in order, within a number of bytes.
/// @par Threads  The strand; bytes() and size(): any.
class offline_events {
 public:
  explicit offline_events(std::size_t most_bytes) noexcept : most_(most_bytes) {}

  /// @return false when there is no room.
  bool add(outgoing_ptr what) {
    const std::size_t size = what->bytes();
    if (size > most_ || bytes_.load() > most_ - size) return false;
    events_.push_back(std::move(what));
    bytes_ += size;
    ++count_;
    return true;
  }
  bool empty() const noexcept { return events_.empty(); }
  const outgoing_ptr& front() const { return events_.front(); }
  outgoing_ptr pop() {
    outgoing_ptr first = std::move(events_.front());
    events_.pop_front();
    forget(*first);
    return first;
  }
  void remove(const question* of) {
    const auto found =
        std::find_if(events_.begin(), events_.end(), [of](const outgoing_ptr& e) { return e->asks.get() == of; });
    if (found == events_.end()) return;
    const outgoing_ptr gone = std::move(*found);
    events_.erase(found);
    forget(*gone);
  }
  bool holds(const question* of) const {
    return std::any_of(events_.begin(), events_.end(), [of](const outgoing_ptr& e) { return e->asks.get() == of; });
  }
  std::deque<outgoing_ptr> take_all() {
    bytes_ = 0;
    count_ = 0;
    return std::exchange(events_, {});
  }

  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return count_; }

 private:
  void forget(const outgoing_event& what) noexcept {
    bytes_ -= what.bytes();
    --count_;
  }

  const std::size_t most_;
  std::deque<outgoing_ptr> events_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> count_{0};
};

}  // namespace cosio::inline v0_2::clients
