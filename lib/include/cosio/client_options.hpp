// The options of a client: manager_options are for its connection and reconnection, client_socket_options for one
// socket of it.
//
//   cosio::manager_options opts;
//   opts.reconnection_delay_max = 30s;
//   opts.on_attempt = [](cosio::connection_target to) -> cosio::task<cosio::connection_target> {
//     to.headers.emplace_back("authorization", "Bearer " + co_await fresh_token());
//     co_return to;
//   };

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/engine_client_options.hpp>
#include <cosio/json_view.hpp>
#include <cosio/parser.hpp>
#include <cosio/question.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

/// The data that a socket shows the server when it connects: a value, or a function that is asked at each attempt.
///
///     .auth = {{"token", "abc"}}                                            // the same each time
///     .auth = []() -> cosio::task<credentials> { co_return co_await fresh(); }
///
/// A function returns a value that converts to JSON, or a task of one. Its exception ends the attempt: the socket
/// gets a connect_error, and connect() must be called again.
/// @par Threads  A value. A function is called on the strand of the manager.
class client_auth {
 public:
  /// No data.
  client_auth() = default;
  /// The members of an object.
  client_auth(std::initializer_list<boost::json::value_ref> members)
      : question_([value = boost::json::value(members)] { return value; }) {}
  /// A value, or a function.
  template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, client_auth>)
  client_auth(T&& from) {
    using type = std::decay_t<T>;
    if constexpr (std::is_invocable_v<type&>) {
      question_ = question_of(std::make_shared<type>(std::forward<T>(from)));
    } else {
      question_ = [value = detail::to_json(from)] { return value; };
    }
  }

  /// Whether there is data.
  explicit operator bool() const noexcept { return static_cast<bool>(question_); }
  /// For the library.
  const detail::question<boost::json::value>& asked() const noexcept { return question_; }

 private:
  template <class F>
  static detail::question<boost::json::value> question_of(std::shared_ptr<F> call) {
    return [call = std::move(call)] { return answer(call); };
  }
  template <class F>
  static task<boost::json::value> answer(std::shared_ptr<F> call) {
    if constexpr (detail::is_task<std::invoke_result_t<F&>>) {
      auto asked = detail::checked((*call)());
      const auto value = co_await std::move(asked);
      co_return detail::to_json(value);
    } else {
      co_return detail::to_json((*call)());
    }
  }

  detail::question<boost::json::value> question_;
};

/// Where one attempt to connect goes. manager_options::on_attempt may change it.
/// @par Threads  A value.
struct connection_target {
  /// How many attempts failed since the last connection: 0 for the first.
  std::size_t attempt = 0;
  /// The URL of the server.
  std::string url = {};
  /// Parameters of every request, in place of engine_client_options::query.
  engine_client_options::fields query = {};
  /// Fields of every request, in place of engine_client_options::extra_headers.
  engine_client_options::fields headers = {};
};

/// The fate of an event that is emitted while the socket is not connected.
enum class when_offline : std::uint8_t {
  /// It waits, and is sent when the socket is connected, in order. Above max_pending_bytes it is refused.
  wait,
  /// emit() throws errc::disconnected.
  fail,
  /// It is dropped, which the report says. It is what volatile_() does, too.
  drop
};

/// The options of a manager: of the connection that its sockets share.
/// @par Threads  A value.
struct manager_options {
  /// Transports, proxies, TLS. `revision` is chosen by `protocol`.
  engine_client_options connection = {};
  /// The Socket.IO protocol: 5, or 4 for servers of Socket.IO 2.
  unsigned protocol = 5;
  /// Packets in another encoding: msgpack_parser(), or a parser of your own. The server must have the same.
  std::shared_ptr<const cosio::parser> parser = {};
  /// Asked before each attempt to connect. It returns where to go, and may wait for that. An exception is an attempt
  /// that failed.
  detail::question<connection_target, connection_target> on_attempt = {};
  /// Told of each message as it is on the wire, for traces: a packet of Socket.IO, or one of its attachments. `sent` is
  /// false for a message of the server. It is called on the strand of the manager; what it throws is logged.
  std::function<void(bool sent, const message& what)> trace = {};

  /// Whether a connection that was lost, or could not be made, is tried again.
  bool reconnection = true;
  /// The most attempts in a row; not set: no limit.
  std::optional<std::size_t> reconnection_attempts = {};
  /// The time before the first attempt. It doubles with each one, up to the second value.
  std::chrono::milliseconds reconnection_delay{1'000};
  std::chrono::milliseconds reconnection_delay_max{5'000};
  /// The part of the time that chance may add or take away: 0 to 1.
  double randomization_factor = 0.5;

  /// emit() waits while more bytes than this wait in the connection.
  std::size_t high_water_mark = 1'048'576;
  /// Attachments of one packet of the server.
  std::size_t max_attachments = 1'000;
  /// Levels of arrays and objects in a packet of the server.
  std::size_t max_json_depth = 1'024;
  /// Bytes of one packet of the server with its attachments.
  std::size_t max_packet_bytes = 100'000'000;
  /// Handlers of events that run at the same time, for all sockets. Further events wait in order, up to the bytes of
  /// the second value. Above them, the connection ends with `parse error`, and is made again.
  std::size_t max_handlers_in_flight = 1'000;
  std::size_t max_held_bytes = 10'000'000;
};

/// The options of one socket.
/// @par Threads  A value.
struct client_socket_options {
  /// Shown to the server at each CONNECT. Protocol 4 has none.
  client_auth auth = {};
  /// For protocol 4: parameters behind the name of the namespace, as `a=1&b=2`.
  std::string query = {};
  /// How often an event is sent again when no acknowledgement came. When this is set, every event is acknowledged, they
  /// are sent one after the other, and emit() only puts them in the line. Volatile events are left out.
  std::optional<std::size_t> retries = {};
  /// The time for acknowledgements where timeout() does not say it. Not set: until the socket is disconnected.
  std::optional<std::chrono::milliseconds> ack_timeout = {};
  /// For events that are emitted while the socket is not connected, where offline() does not say it.
  when_offline offline = when_offline::wait;
  /// The bytes of all events that wait for the connection.
  std::size_t max_pending_bytes = 10'000'000;
};

/// The figures of a manager.
/// @par Threads  A value.
struct client_metrics {
  /// Attempts to connect, connections that were made, and that were lost.
  std::uint64_t attempts = 0;
  std::uint64_t opened = 0;
  std::uint64_t lost = 0;
  /// Packets of Socket.IO in both directions.
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  /// Packets that were ignored: for a namespace in which this manager has no socket, and acknowledgements that nobody
  /// waits for.
  std::uint64_t unknown_namespaces = 0;
  std::uint64_t unknown_acks = 0;
  /// Connections that ended because a packet could not be read or was above a limit.
  std::uint64_t unreadable = 0;
  /// Events that were not sent: volatile ones, and those that were refused above max_pending_bytes.
  std::uint64_t dropped = 0;
  std::uint64_t refused = 0;
};

}  // namespace cosio::inline v0_2
