// One Engine.IO connection of a client: from the dialing to its end. What the Socket.IO client stands on.
//
//   engine_source::make() -> engine_client::open() -> engine_listener::on_open() -> on_message() … -> on_close()
//
// Everything happens on the strand that make() was given: the calls, and what the listener is told. The listener is
// never told inside of a call of engine_client. It may do anything in what it is told, also drop() the connection and
// release it.

#pragma once
#include <boost/system/error_code.hpp>

#include <cosio/binary.hpp>
#include <cosio/engine_client_options.hpp>
#include <cosio/reason.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/runtime.hpp"
#include "async/strand.hpp"

namespace cosio::inline v0_2::clients {

/// What the server has said in its handshake.
/// @par Threads  A value.
struct engine_handshake {
  std::string sid = {};
  std::chrono::milliseconds ping_interval{0};
  std::chrono::milliseconds ping_timeout{0};
  std::size_t max_payload = 0;  ///< of a body of polling; 0: the server did not say
  std::vector<std::string> upgrades = {};
};

/// Why a connection has ended, or was not made.
/// @par Threads  A value.
struct engine_end {
  /// transport_close, transport_error, ping_timeout, parse_error or forced_close. Its detail is a sentence for people.
  reason why = {};
  /// Of the network, TLS, errc; success when there is none, as for forced_close.
  boost::system::error_code error = {};
  /// Of an HTTP answer that refused the connection; 0: none came.
  unsigned status = 0;
};

/// @par Threads  Called on the strand of the connection.
class engine_listener {
 public:
  virtual ~engine_listener() = default;
  /// The handshake is there: messages can be sent. Once, before any message.
  virtual void on_open(const engine_handshake& opened) = 0;
  virtual void on_message(message what) = 0;
  /// All that was sent has been handed to the system or taken by the server. Not after each send(): only when nothing
  /// waits any more.
  virtual void on_drain() {}
  /// The connection uses `transport` now.
  virtual void on_upgrade(std::string_view transport) { static_cast<void>(transport); }
  /// An attempt to change the transport failed; the connection goes on with the present one.
  virtual void on_upgrade_error(std::string detail) { static_cast<void>(detail); }
  /// The heartbeat of the server came.
  virtual void on_ping() {}
  /// Once, and nothing is told afterwards. Also when open() could not make the connection.
  virtual void on_close(engine_end end) = 0;
};

/// @par Threads  On the strand of the connection; the destructor: any. Destroying it is drop().
class engine_client {
 public:
  virtual ~engine_client() = default;

  /// Begins to connect, once. Then on_open() or on_close().
  virtual void open() = 0;
  /// Sends behind all that was sent before. Before on_open() it waits for it; after the end it is dropped. A text must
  /// be UTF-8. @throws std::bad_alloc
  /// @param compress  Whether permessage-deflate may be used for it.
  virtual void send(message what, bool compress = true) = 0;
  /// Several at once, next to each other.
  virtual void send_all(std::vector<message> what, bool compress = true) {
    for (message& one : what) send(std::move(one), compress);
  }
  /// Whether the heartbeat is overdue: then a message that is sent now is lost, and on_close() follows.
  virtual bool is_overdue() const noexcept = 0;
  /// The bytes of messages that wait, or that are being written.
  virtual std::size_t waiting_bytes() const noexcept = 0;
  /// "polling" or "websocket"; empty before the connection is made and after its end.
  virtual std::string_view transport() const noexcept = 0;

  /// Writes what was sent, within options.close_timeout, says goodbye to the server, and then on_close() with
  /// forced_close. Idempotent.
  virtual void close() = 0;
  /// Ends at once. The listener is told nothing any more. Idempotent. Any thread: on another one than the strand's, the
  /// listener may be told what it is being told.
  virtual void drop() noexcept = 0;
};

/// Makes the connections of one client to one server, one after the other. It keeps what the next one shall know: the
/// cookies, the certificates, whether WebSocket worked.
/// @par Threads  Any; guarded by mutexes.
class engine_source {
 public:
  virtual ~engine_source() = default;
  /// @param whom  Is told, weakly.
  virtual std::shared_ptr<engine_client> make(async::strand on, std::weak_ptr<engine_listener> whom) = 0;
};

/// @param where  Its io_context runs everything; no thread is started. Its timers are used.
/// @param url    `http://host[:port][/…][?query]`; also https, ws, wss. The path is not used.
/// @throws error errc::bad_argument for a URL or an option that cannot be used; errc::bad_certificate for a file.
std::shared_ptr<engine_source> make_engine_source(std::shared_ptr<async::runtime> where, std::string_view url,
                                                  engine_client_options options = {});

}  // namespace cosio::inline v0_2::clients
