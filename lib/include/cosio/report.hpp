// Outcomes: of an emit (report), of a question to several servers (partial, incomplete), of a change of a room (room_event).

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cosio {

/// How many receivers got what was emitted, and how many did not.
class report {
 public:
  report() noexcept = default;
  report(std::size_t q, std::size_t d, std::size_t r, std::size_t o = 0) noexcept
      : queued(q), dropped(d), refused(r), over_budget(o) {}

  std::size_t queued = 0;   ///< in the receiver's queue, in order, to be sent
  std::size_t dropped = 0;  ///< volatile, and the receiver could not take it now
  std::size_t refused = 0;  ///< the receiver is gone, or over its byte limit
  /// Of the refused: those whose queue would have held more than options::max_queued_bytes. They are disconnected,
  /// reason `slow consumer`.
  std::size_t over_budget = 0;

  report& operator+=(const report& other) noexcept {
    queued += other.queued;
    dropped += other.dropped;
    refused += other.refused;
    over_budget += other.over_budget;
    return *this;
  }
};

/// What is missing of an operation that asked other servers, when the time was over. Empty: everything came.
class shortfall {
 public:
  shortfall() = default;
  /// @param servers  Those that did not answer, as far as their names are known.
  shortfall(std::size_t expected, std::size_t received, std::vector<std::string> servers = {})
      : expected_(expected), received_(received), servers_(std::move(servers)) {}

  /// Whether anything is missing.
  explicit operator bool() const noexcept { return received_ < expected_; }
  std::size_t expected() const noexcept { return expected_; }  ///< answers that were waited for
  std::size_t received() const noexcept { return received_; }
  const std::vector<std::string>& servers() const noexcept { return servers_; }

  /// For people: `timeout reached: only 1 responses received out of 2; missing: node-b`. Empty when nothing is missing.
  std::string text() const;

 private:
  std::size_t expected_ = 0;
  std::size_t received_ = 0;
  std::vector<std::string> servers_;
};

/// What several servers answered, and what is missing of it: how adapters return it.
template <class T>
class partial {
 public:
  partial() = default;
  explicit partial(T came) : value(std::move(came)) {}
  partial(T came, shortfall not_there) : value(std::move(came)), missing(std::move(not_there)) {}

  T value{};
  shortfall missing;
};

/// Thrown instead of a result that is not whole: what did come is in it, and what is missing.
template <class T>
class incomplete : public error {
 public:
  incomplete(T came, shortfall not_there)
      : error(errc::timed_out, not_there.text()), value_(std::move(came)), missing_(std::move(not_there)) {}

  const T& value() const noexcept { return value_; }
  const shortfall& missing() const noexcept { return missing_; }

 private:
  T value_;
  shortfall missing_;
};

/// Something that happened to a room of this server.
class room_event {
 public:
  enum class kind : std::uint8_t {
    created,  ///< it has its first member, who is told of next
    joined,   ///< a socket is in
    left,     ///< a socket is out
    deleted   ///< it was the last one
  };
  room_event(kind happened, std::string in, std::string who = {})
      : what(happened), room(std::move(in)), id(std::move(who)) {}

  kind what;
  std::string room;
  std::string id;  ///< of the socket; empty for `created` and `deleted`
};

}  // namespace cosio
