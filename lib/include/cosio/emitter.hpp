// Emitting: to whom (target), how (emit_flags), and the verbs that every handle shares.
//
//   class nsp : public narrows<nsp>, public emits<nsp>      io.of("/news").to("europe").volatile_().emit("weather", …)
//
// Handles that narrow and emit: server, nsp, parent_nsp, socket, and the operators that narrowing makes of them
// (broadcast_operator, parent_operator, socket_operator). Their verbs are written and documented once, here.
//
// Questions are in other headers: emit_with_ack() of many sockets, and the operations on rooms (clients(),
// fetch_sockets(), sockets_join(), …), are in broadcast_operator.hpp; emit_with_ack() and once() of one socket are in
// socket.hpp.

#pragma once
#include <cosio/argument_checks.hpp>
#include <cosio/completion.hpp>
#include <cosio/convert.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// The flags of an emit: how it is sent. The modifiers of handles (volatile_(), local(), compress(), binary(),
/// timeout()) set them for one chain of calls.
/// @par Threads  A value.
class emit_flags {
 public:
  emit_flags() noexcept = default;

  /// Whether the event is dropped for clients that cannot take it at once: something is in their outbox, or a polling
  /// client has no GET open.
  bool is_volatile = false;
  /// Whether only sockets of this server are meant, and not those of the other servers of a cluster.
  bool local = false;
  /// False: the event is sent as it is, where compression is on.
  bool compress = true;
  /// False: emit() throws errc::bad_argument when there is binary in the arguments. True and not set mean the same:
  /// binary is found in any case.
  std::optional<bool> binary;
  /// The time for acknowledgements, and for answers of other servers. Not set: a question to one client waits until the
  /// client leaves, a question to servers for the adapter's own time.
  std::optional<std::chrono::milliseconds> timeout;
};

/// The sockets of a namespace that are meant: all, or those in at least one of some rooms; without those in some other
/// rooms. A socket that is in several rooms is meant once.
/// @par Threads  A value.
class target {
 public:
  target() noexcept = default;

  /// Whether no room was named. After to() with an empty list this is false and `rooms` is empty: nobody is meant.
  bool everybody = true;
  /// Rooms of which one is enough.
  std::vector<std::string> rooms;
  /// Rooms whose members are left out.
  std::vector<std::string> except;
  /// How the event is sent.
  emit_flags flags;
};

namespace detail {

// One name; everything else is taken as a range of names.
template <class T>
concept room_name = std::convertible_to<const T&, std::string_view>;

void add_room(std::vector<std::string>& out, std::string_view name);

template <class T>
void add_rooms(std::vector<std::string>& out, const T& rooms) {
  if constexpr (room_name<T>) {
    add_room(out, std::string_view(rooms));
  } else {
    for (const auto& room : rooms) add_room(out, std::string_view(room));
  }
}

/// Collects the arguments of join(), leave(), to() and except(): names and ranges of names, in any mixture.
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
/// A handle of many sockets (server, nsp, parent_nsp, their operators) becomes an operator of many. A socket becomes
/// one of two: to(), except() and local() address everybody else in its namespace (a broadcast_operator), the other
/// verbs the socket itself (a socket_operator). An operator names rooms, not sockets: the receivers are those that are
/// in the rooms at the time of the emit.
///
/// @tparam Self  The handle. It has operator_for_rooms() and operator_for_flags(): new operators that name whom the
///               handle names. A verb changes the new operator and returns it.
/// @par Threads  Any.
/// @par Errors   None: what is chosen is checked by the verb that emits.
template <class Self>
class narrows {
 public:
  /// Adds rooms: a socket that is in any of them receives the event, once. Without rooms all sockets receive it.
  ///
  /// @param rooms  Names, or ranges of names: `to("a", "b")`, `to(std::vector<std::string>{…})`. A socket's id is a
  ///               room too. An empty range names nobody.
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
  /// Leaves out the sockets that are in any of these rooms.
  /// @param rooms  As for to(). The id of a socket leaves out this socket.
  template <class... R>
  [[nodiscard]] auto except(const R&... rooms) const {
    auto next = self().operator_for_rooms();
    (detail::add_rooms(next.receivers().except, rooms), ...);
    return next;
  }
  /// Addresses the sockets of this server only. Otherwise the adapter reaches those of all servers of a cluster.
  [[nodiscard]] auto local() const {
    auto next = self().operator_for_rooms();
    next.flags().local = true;
    return next;
  }
  /// Lets the event be lost: it is dropped for a client to which it cannot be sent at once, in place of waiting in the
  /// client's outbox. That is so when something else is in the outbox, and when a polling client has no GET open. A
  /// report counts it as `dropped`. Connection state recovery does not send it again.
  [[nodiscard]] auto volatile_() const {
    auto next = self().operator_for_flags();
    next.flags().is_volatile = true;
    return next;
  }
  /// Chooses whether the event may be compressed, where compression is on (options.per_message_deflate,
  /// options.http_compression).
  /// @param on  Every event may be compressed, unless this is called with false.
  [[nodiscard]] auto compress(bool on = true) const {
    auto next = self().operator_for_flags();
    next.flags().compress = on;
    return next;
  }
  /// Says whether there is binary among the arguments.
  /// @param on  false: emit() throws errc::bad_argument when there is some. true changes nothing, since
  ///            binary is found in any case.
  [[nodiscard]] auto binary(bool on = true) const {
    auto next = self().operator_for_flags();
    next.flags().binary = on;
    return next;
  }
  /// Sets the time for an answer: for emit_with_ack(), for once() of a socket, and for requests to other servers
  /// (fetch_sockets(), clients(), server_side_emit_with_ack()). emit() does not look at it.
  /// @param after  Counted from the moment in which the task is awaited. Zero or less is over at once.
  [[nodiscard]] auto timeout(std::chrono::milliseconds after) const {
    auto next = self().operator_for_flags();
    next.flags().timeout = after;
    return next;
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

/// The verbs that send an event to the receivers that the handle names.
///
/// @tparam Self  The handle. It has emit_encoded(event, data), and starts_at() for async_emit().
/// @par Threads  Any. Events reach a client in the order in which one thread awaits their tasks.
template <class Self>
class emits : public detail::refuses_emits {
 public:
  /// Sends an event. The arguments are encoded before this returns; nothing is sent before the task is awaited.
  ///
  /// @param event  Its name. Names of the library ("connect", "disconnect", …) are refused.
  /// @param args   Anything that convert.hpp writes. A cosio::arguments stands for all of its values.
  /// @return how many sockets of this server have it in their outbox, and how many do not. Only an acknowledgement can
  ///         tell that a client has received it.
  /// @par Completes     when the event is in the outbox of every receiver, and on its way to other servers. A broadcast
  ///                    never waits for a slow client. An emit to one socket waits while more than
  ///                    options.high_water_mark bytes are in its outbox, and goes on below half of that.
  /// @par Cancellation  Ends the wait; the event stays in the outbox.
  /// @throws error errc::bad_argument for a reserved event name, or for binary after binary(false); errc::disconnected
  ///         when the client of one socket leaves while this waits. A client that has left before is no error: the
  ///         report counts it as `refused`.
  template <class... Args>
  task<report> emit(std::string_view event, const Args&... args) const {
    return self().emit_encoded(event, detail::checked_event(event, args...));
  }
  /// The same as emit("message", args…).
  template <class... Args>
  task<report> send(const Args&... args) const {
    return emit("message", args...);
  }
  /// The same as send().
  template <class... Args>
  task<report> write(const Args&... args) const {
    return emit("message", args...);
  }
  /// As emit(), for callers that are no coroutines: see completion.hpp.
  /// @param token  A completion token for `void(std::exception_ptr, cosio::report)`.
  template <class Token, class... Args>
  auto async_emit(Token&& token, std::string_view event, const Args&... args) const {
    return detail::start_with(std::forward<Token>(token), self().starts_at(), emit(event, args...));
  }
  /// These never compile: they are chosen for a temporary that GCC 12 destroys twice, and say so.
  using detail::refuses_emits::async_emit;
  using detail::refuses_emits::emit;
  using detail::refuses_emits::send;
  using detail::refuses_emits::write;

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

}  // namespace cosio::inline v0_2
