// A client in a world: one socket of the other side.
//
// A client is told what to do, and what it hears is kept until the test takes it:
//
//   ann.emit("say", "hello");                                          // an event without an answer
//   const int sum = ann.ask<int>("add", 1, 2);                         // an event, and the answer to it
//   const auto [who, text] = bob.take<std::string, std::string>("said");
//   bob.expect("left", ann.id());                                      // the same, compared with these values
//   bob.expect_nothing();
//
// ask(), take() and the expectations run the world until they have ended. In a coroutine, emit_with_ack() and next()
// are awaited instead.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cosio/argument_checks.hpp>
#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>
#include <cosio/listener.hpp>
#include <cosio/socket.hpp>
#include <cosio/task.hpp>
#include <cosio/test/client_options.hpp>
#include <cosio/test/failure.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio::test::inline v0_2 {

class world;
namespace kit {
class client_core;
}

/// An event that a client has heard.
struct heard {
  /// Its name.
  std::string event;
  /// Its arguments, with their binary. With connection state recovery the last one is the server's offset, as in clients
  /// of JavaScript.
  arguments args;
};

/// One client in one namespace.
///
/// A handle: copies name the same client. When the world has gone, its functions throw a failure.
/// @par Threads  The world's.
class client : private detail::refuses_questions {
 public:
  /// Made by world::client().
  explicit client(std::shared_ptr<kit::client_core> core) noexcept : core_(std::move(core)) {}

  // ---------------------------------------------------------------- who it is

  /// Its name in failures and in the wire.
  const std::string& name() const;
  /// The same, changed: `auto ann = w.client("/chat").named("ann")`.
  client named(std::string name) const;
  /// The namespace, "/chat".
  const std::string& nsp() const;
  /// The socket's id, as the server told it. Empty while it is in no namespace.
  std::string id() const;
  /// Whether it is in its namespace.
  bool connected() const;
  /// Why it is in its namespace no more, in the words of the client of JavaScript: `io server disconnect`,
  /// `io client disconnect`, `transport close`, `transport error`. Empty while it is there.
  std::string reason() const;
  /// Whether the last reconnect() was a recovery: the same socket, with all that was missed.
  bool recovered() const;
  /// The transport at this moment: "polling" or "websocket"; "closed" without a connection.
  std::string transport() const;

  // ---------------------------------------------------------------- talking

  /// Sends an event, with arguments as socket::emit() takes them.
  /// @throws failure when it is in no namespace.
  template <class... Args>
  void emit(std::string_view event, const Args&... args) const {
    send_event(detail::checked_event(event, args...));
  }

  /// Sends an event, now, and waits for the server's answer to it: `co_await ann.emit_with_ack<int>("add", 1, 2)`.
  ///
  /// @return for no type cosio::arguments, for one type a value of it, for several types a std::tuple.
  /// @par Completes     with the answer.
  /// @par Cancellation  The wait ends; an answer that still comes is ignored.
  /// @throws failure when it is in no namespace, leaves before the answer has come, or the answer has other types.
  template <class... R, class... Args>
  cosio::task<typename detail::answer_of<R...>::type> emit_with_ack(std::string_view event, const Args&... args) const {
    return read<R...>(core_, "the answer to \"" + std::string(event) + "\"",
                      send_question(std::string(event), detail::checked_event(event, args...)));
  }
  /// Never compiles, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_questions::emit_with_ack;

  /// The same for tests that are no coroutines: runs the world until the answer has come.
  /// @throws failure as emit_with_ack(), and when the answer does not come in world_options::patience.
  template <class... R, class... Args>
  typename detail::answer_of<R...>::type ask(std::string_view event, const Args&... args) const {
    return finish(emit_with_ack<R...>(event, args...));
  }

  /// Calls `handler` for each event of that name that comes from now on: a callable as socket::on() takes it. What it
  /// returns is the answer to the server. Such events are not kept for take() and next().
  template <class F>
  void on(std::string_view event, F&& handler) const {
    using type = std::decay_t<F>;
    if constexpr (detail::check_listener<type>())
      listen(event, detail::listener_ptr(new detail::typed_listener<type>(std::forward<F>(handler))));
  }

  // ---------------------------------------------------------------- hearing

  /// Waits for an event, and takes it: the first of that name that has come and was not taken yet. Others stay. It looks
  /// when it is awaited: `auto coming = bob.next("said")` misses nothing that comes before `co_await std::move(coming)`.
  /// @return for no type cosio::arguments, for one type the first argument, for several types a std::tuple.
  /// @par Completes     when the event has come.
  /// @par Cancellation  The wait ends; no event is taken.
  /// @throws failure when the client leaves before, or the arguments have other types.
  template <class... T>
  cosio::task<typename detail::answer_of<T...>::type> next(std::string_view event) const {
    return read<T...>(core_, "\"" + std::string(event) + "\"", next_event(std::string(event)));
  }
  /// The same for tests that are no coroutines.
  /// @throws failure as next(), and when the event does not come in world_options::patience.
  template <class... T>
  typename detail::answer_of<T...>::type take(std::string_view event) const {
    return finish(next<T...>(event));
  }

  /// Takes the next event of that name, as take() does, and compares its arguments with these values.
  /// @throws failure when it does not come, or has other arguments: what() shows both.
  template <class... Args>
  void expect(std::string_view event, const Args&... args) const {
    expect_event(std::string(event), detail::checked_event(event, args...));
  }
  /// Runs what is ready. @throws failure when an event has come, or comes, that was not taken.
  void expect_nothing() const;
  /// The same for events of one name.
  void expect_nothing(std::string_view event) const;
  /// Waits until the client is in its namespace no more.
  /// @param reason  In the words of reason(); empty: any.
  /// @throws failure when it stays for world_options::patience, or has left for another reason.
  void expect_end(std::string_view reason = "") const;

  /// Runs what is ready. @return the events that have come and were not taken, the oldest first.
  std::vector<heard> inbox() const;
  /// Forgets the events that have come.
  void clear_inbox() const;

  // ---------------------------------------------------------------- coming and going

  /// A client in another namespace on the same connection. @throws refused when it is not let in.
  client of(std::string_view nsp, boost::json::value auth = nullptr) const;
  /// Leaves its namespace, as disconnect() of JavaScript does. Other namespaces of the connection stay.
  void disconnect() const;
  /// Closes the connection in order: all its namespaces end.
  void close() const;
  /// Comes back after an end, on a new connection, with what the server gave it for that (connection state recovery);
  /// recovered() says whether it is the same socket. Its inbox stays.
  /// @throws refused when it is not let in; failure when it is connected.
  void reconnect() const;
  /// Moves from polling to WebSocket. @throws failure when it does not get there.
  void upgrade() const;

  // ---------------------------------------------------------------- faults

  /// Aborts its connections: the server gets a reset, and what was under way is lost.
  void cut() const;
  /// Ends the client's direction of its connections. The server may go on sending.
  void half_close() const;
  /// Does nothing any more, and says nothing of it: neither reads nor writes, as a phone in a tunnel. The server notices
  /// by its ping timeout. return_to_life() ends it.
  void vanish() const;
  /// The end of vanish() and of stop_reading(): what has piled up is read.
  void return_to_life() const;
  /// Reads no more: a slow reader. Its own events still go out.
  void stop_reading() const;
  /// Sends its last packet once more, unchanged: a client that is not sure whether it arrived.
  void send_again() const;
  /// Sends a Socket.IO packet as it stands, good or bad: `2["hi"]`, `2/chat,7["hi"]`.
  void send_packet(std::string_view text) const;
  /// Sends an Engine.IO packet as it stands, good or bad: `2probe`.
  void send_engine_packet(std::string_view text) const;

 private:
  template <class... R, std::size_t... I>
  static std::tuple<R...> tuple_of(const arguments& got, std::index_sequence<I...>) {
    return std::tuple<R...>(got.get<R>(I)...);
  }
  template <class... R>
  static cosio::task<typename detail::answer_of<R...>::type> read(std::shared_ptr<kit::client_core> core,
                                                                  std::string what, cosio::task<arguments> waiting) {
    arguments got = co_await std::move(waiting);
    if constexpr (sizeof...(R) == 0) {
      co_return got;
    } else {
      std::string problem;
      try {
        if constexpr (sizeof...(R) == 1) {
          co_return got.get<R...>(0);
        } else {
          co_return tuple_of<R...>(got, std::index_sequence_for<R...>());
        }
      } catch (const std::exception& e) {
        problem = e.what();
      }
      fail_to_read(core, what, got, problem);
    }
  }
  template <class T>
  static cosio::task<> keep(cosio::task<T> work, std::shared_ptr<std::optional<T>> to) {
    auto value = co_await std::move(work);
    to->emplace(std::move(value));
  }
  template <class T>
  T finish(cosio::task<T> work) const {
    const auto result = std::make_shared<std::optional<T>>();
    run_to_end(keep<T>(std::move(work), result));
    return std::move(**result);
  }

  [[noreturn]] static void fail_to_read(const std::shared_ptr<kit::client_core>& core, const std::string& what,
                                        const arguments& got, const std::string& problem);
  void send_event(event_data data) const;
  cosio::task<arguments> send_question(std::string event, event_data data) const;
  cosio::task<arguments> next_event(std::string event) const;
  void expect_event(std::string event, event_data wanted) const;
  void listen(std::string_view event, detail::listener_ptr listener) const;
  void run_to_end(cosio::task<> work) const;

  std::shared_ptr<kit::client_core> core_;
};

}  // namespace cosio::test::inline v0_2
