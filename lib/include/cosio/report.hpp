// Outcomes: of an emit (report), of a question to several servers (incomplete), of a change of a room (room_event).
//
// emit() returns a report. fetch_sockets(), clients() and all_rooms() throw an incomplete. Handlers of
// nsp::on_room_event() get a room_event.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// The outcome of an emit on this server: how many sockets got the event, and how many did not; and whether it went out
/// to the other servers of a cluster.
///
/// The sum of queued, dropped and refused is the number of sockets that were addressed. Sockets of other servers are
/// not counted. Only an acknowledgement can tell that a client has received an event.
/// @par Threads  A value.
class report {
 public:
  report() noexcept = default;
  report(std::size_t q, std::size_t d, std::size_t r, std::size_t o = 0) noexcept
      : queued(q), dropped(d), refused(r), over_budget(o) {}

  /// Sockets whose outbox has the event, in order, to be sent.
  std::size_t queued = 0;
  /// Sockets that could not take a volatile event at once.
  std::size_t dropped = 0;
  /// Sockets that are gone, or whose outbox is full. With connection state recovery an event for a socket that is away
  /// is counted here, and may still arrive: when the client comes back.
  std::size_t refused = 0;
  /// Of the refused: sockets whose outbox would have held four times options::max_queued_bytes. Their client is
  /// disconnected, with the reason `slow consumer`.
  std::size_t over_budget = 0;

  /// Messages to the other servers of a cluster that its broker has taken, or that are in the line for it. One for each
  /// broadcast. Whether other servers have got a message is not known. These three are 0 without a cluster adapter.
  std::size_t published = 0;
  /// Messages that are in the line for a broker that cannot be reached now. They are lost if it stays away.
  std::size_t pending = 0;
  /// Messages that could not be published: clients of other servers do not get the event.
  std::size_t lost = 0;

  /// Adds the figures of another report.
  report& operator+=(const report& other) noexcept {
    queued += other.queued;
    dropped += other.dropped;
    refused += other.refused;
    over_budget += other.over_budget;
    published += other.published;
    pending += other.pending;
    lost += other.lost;
    return *this;
  }
};

/// The answers that are missing of an operation that asked other servers, when its time was over. False as a bool when
/// nothing is missing.
class shortfall {
 public:
  shortfall() = default;
  /// @param expected  Answers that were waited for.
  /// @param received  Answers that came.
  /// @param servers   The servers that did not answer, as far as the adapter knows their names.
  shortfall(std::size_t expected, std::size_t received, std::vector<std::string> servers = {})
      : expected_(expected), received_(received), servers_(std::move(servers)) {}

  /// Whether anything is missing.
  explicit operator bool() const noexcept { return received_ < expected_; }
  /// Answers that were waited for.
  std::size_t expected() const noexcept { return expected_; }
  /// Answers that came.
  std::size_t received() const noexcept { return received_; }
  /// The servers that did not answer. Empty when the adapter does not know their names, as that for Redis.
  const std::vector<std::string>& servers() const noexcept { return servers_; }

  /// For people: `timeout reached: only 1 responses received out of 2; missing: node-b`. Empty when nothing is missing.
  std::string text() const;

 private:
  std::size_t expected_ = 0;
  std::size_t received_ = 0;
  std::vector<std::string> servers_;
};

/// The result of a question to several servers, which may have a part missing. Adapters return it; applications get an
/// `incomplete` instead.
template <class T>
class partial {
 public:
  partial() = default;
  explicit partial(T came) : value(std::move(came)) {}
  partial(T came, shortfall not_there) : value(std::move(came)), missing(std::move(not_there)) {}

  /// The part that came.
  T value{};
  /// The part that did not come.
  shortfall missing;
};

/// Thrown in place of a result that is not whole, with the part that came and the part that is missing. Its code is
/// errc::timed_out.
///
///     try {
///       ids = co_await io.clients();
///     } catch (const cosio::incomplete<std::vector<std::string>>& part) {
///       ids = part.value();  // of the servers that answered, this one among them
///     }
template <class T>
class incomplete : public error {
 public:
  incomplete(T came, shortfall not_there)
      : error(errc::timed_out, not_there.text()), value_(std::move(came)), missing_(std::move(not_there)) {}

  /// The part that came.
  const T& value() const noexcept { return value_; }
  /// The number of answers that are missing, and of which servers.
  const shortfall& missing() const noexcept { return missing_; }

 private:
  T value_;
  shortfall missing_;
};

/// A change of a room on this server; see nsp::on_room_event(). The room of a socket's own id counts, too.
/// @par Threads  A value.
class room_event {
 public:
  /// The four changes.
  enum class kind : std::uint8_t {
    /// The room has its first member on this server. The next event says which.
    created,
    /// A socket is in.
    joined,
    /// A socket is out.
    left,
    /// The socket before was the last one on this server.
    deleted
  };
  room_event(kind happened, std::string in, std::string who = {})
      : what(happened), room(std::move(in)), id(std::move(who)) {}

  /// The change.
  kind what;
  /// The name of the room.
  std::string room;
  /// The id of the socket; empty for `created` and `deleted`.
  std::string id;
};

/// The memory that the server keeps for one client, in bytes, by its kinds. socket::memory() and
/// engine_session::memory() return it.
/// @par Threads  A value.
struct client_memory {
  /// All of it.
  std::size_t total = 0;
  /// The session itself, with the head of its first request.
  std::size_t session = 0;
  /// Packets that wait in the outbox, above 4 KiB.
  std::size_t outgoing = 0;
  /// Packets that came in parts, and have not come to their end.
  std::size_t incoming = 0;
  /// Events that wait for handlers, and those whose handlers run.
  std::size_t events = 0;
  /// Sockets in namespaces, their rooms, acknowledgements, and answers of long-polling on their way.
  std::size_t others = 0;
};

}  // namespace cosio::inline v0_2
