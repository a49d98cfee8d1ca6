// Emitting: to whom (target), how (emit_flags), and the verbs that every handle shares.
//
//   class nsp : public narrows<nsp>, public emits<nsp>      io.of("/news").to("europe").volatile_().emit("weather", …)
//
// Handles that narrow and emit: server, nsp, parent_nsp, socket, and the operators that narrowing makes of them
// (broadcast_operator, parent_operator, socket_operator). Their verbs are written and documented once, here.

#pragma once
#include <cosio/convert.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// How something is emitted.
class emit_flags {
 public:
  emit_flags() noexcept = default;

  bool is_volatile = false;                          ///< dropped where it cannot be sent at once
  bool local = false;                                ///< this server only
  bool compress = true;                              ///< false: sent as it is, where compression is on
  std::optional<bool> binary;                        ///< false: refuse binary; true: the caller says there is some
  std::optional<std::chrono::milliseconds> timeout;  ///< for acknowledgements
};

/// Which sockets of a namespace: all, or the union of some rooms; without those of other rooms.
class target {
 public:
  target() noexcept = default;

  bool everybody = true;  ///< no room was named; to() of an empty list names nobody
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  emit_flags flags;
};

namespace detail {

template <class T>
concept room_name = std::convertible_to<const T&, std::string_view>;

template <class T>
void add_rooms(std::vector<std::string>& out, const T& rooms) {
  if constexpr (room_name<T>) {
    out.emplace_back(std::string_view(rooms));
  } else {
    for (const auto& room : rooms) out.emplace_back(std::string_view(room));
  }
}

/// join("a", "b") and join(std::vector{…}) alike.
template <class... T>
std::vector<std::string> collect_rooms(const T&... rooms) {
  std::vector<std::string> out;
  (add_rooms(out, rooms), ...);
  return out;
}

}  // namespace detail

/// The verbs that choose receivers and flags. Each returns a new operator; the handle itself stays as it is, and may be
/// used again.
///
/// A handle of many sockets (server, nsp, parent_nsp, their operators) narrows to an operator of many. A socket narrows
/// to both: with rooms, or local(), to everybody else in its namespace (a broadcast_operator); with another flag to
/// itself (a socket_operator).
///
/// @tparam Self  The handle. It has operator_for_rooms() and operator_for_flags(): new operators that name whom the
///               handle names. A verb changes the new operator and returns it.
/// @par Threads  Any.
/// @par Errors   None: what is chosen is checked by the verb that emits.
template <class Self>
class narrows {
 public:
  /// Adds rooms: a socket that is in any of them receives, once. Without rooms everybody receives.
  ///
  /// @param rooms  Names, or ranges of names: `to("a", "b")`, `to(std::vector<std::string>{…})`. A socket's id is a room
  ///               too. An empty range names nobody.
  template <class... R>
  [[nodiscard]] auto to(const R&... rooms) const {
    auto next = self().operator_for_rooms();
    next.receivers().everybody = false;
    (detail::add_rooms(next.receivers().rooms, rooms), ...);
    return next;
  }
  /// The same as to().
  template <class... R>
  [[nodiscard]] auto in(const R&... rooms) const {
    return to(rooms...);
  }
  /// Takes out the sockets that are in any of these rooms. @param rooms  As for to().
  template <class... R>
  [[nodiscard]] auto except(const R&... rooms) const {
    auto next = self().operator_for_rooms();
    (detail::add_rooms(next.receivers().except, rooms), ...);
    return next;
  }
  /// Sockets of this server only; without it an adapter reaches those of all servers.
  [[nodiscard]] auto local() const {
    auto next = self().operator_for_rooms();
    next.flags().local = true;
    return next;
  }
  /// The event may be lost: it is dropped where it cannot be sent at once, instead of waiting in the client's outbox.
  /// A report counts it as `dropped`. Connection state recovery does not send it again.
  [[nodiscard]] auto volatile_() const {
    auto next = self().operator_for_flags();
    next.flags().is_volatile = true;
    return next;
  }
  /// @param on  Whether the event may be compressed, where compression is on (options.per_message_deflate,
  ///            options.http_compression). Every event is, unless this is called with false.
  [[nodiscard]] auto compress(bool on = true) const {
    auto next = self().operator_for_flags();
    next.flags().compress = on;
    return next;
  }
  /// @param on  false: there is no binary among the arguments, and emit() refuses it. true changes nothing: binary is
  ///            found anyway.
  [[nodiscard]] auto binary(bool on = true) const {
    auto next = self().operator_for_flags();
    next.flags().binary = on;
    return next;
  }
  /// How long to wait for acknowledgements, for emit_with_ack(), a socket's once(), and requests to other servers.
  ///
  /// @param after  Counted from the moment of the emit. Zero is over at once.
  [[nodiscard]] auto timeout(std::chrono::milliseconds after) const {
    auto next = self().operator_for_flags();
    next.flags().timeout = after;
    return next;
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

/// The verbs that emit an event to whom the handle names.
///
/// @tparam Self  The handle. It has emit_encoded(event, data).
/// @par Threads  Any. Events of one thread reach a client in the order of the calls.
template <class Self>
class emits {
 public:
  /// Sends an event. The arguments are encoded before this returns; nothing is sent before the task is awaited.
  ///
  /// @param event  Its name. Names of the library ("connect", "disconnect", …) are refused.
  /// @param args   Anything that convert.hpp writes. A cosio::arguments stands for all of its values.
  /// @return How many receivers have it in their outbox, and how many do not; of the sockets on this server.
  /// @par Completes     when the packet is in the outbox of every receiver. Many receivers: never waits for a slow one.
  ///                    One socket: waits while more than options.high_water_mark bytes are in its outbox.
  /// @par Cancellation  Ends the wait; the packet stays in the outbox.
  /// @throws error errc::bad_argument for a reserved event name, or for binary after binary(false); errc::disconnected
  ///         when the client of one socket leaves while this waits. A client that has left before is no error: the
  ///         report counts it as `refused`.
  template <class... Args>
  task<report> emit(std::string_view event, const Args&... args) const {
    return self().emit_encoded(event, detail::encode_event(event, args...));
  }
  /// emit("message", args…)
  template <class... Args>
  task<report> send(const Args&... args) const {
    return emit("message", args...);
  }
  /// The same as send().
  template <class... Args>
  task<report> write(const Args&... args) const {
    return emit("message", args...);
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

}  // namespace cosio
