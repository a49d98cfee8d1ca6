// What carries the packets of a connection: polling or WebSocket.
//
//   engine_core -> transport::start(), send(), pause(), close() -> the server
//   the server  -> transport_host::on_packet() and the others   -> engine_core

#pragma once
#include <cosio/binary.hpp>
#include <cosio/engine_client_options.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/runtime.hpp"
#include "async/strand.hpp"
#include "client/cookie_jar.hpp"
#include "client/dialer.hpp"
#include "client/engine_client.hpp"
#include "client/strand_timer.hpp"
#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::clients {

/// What all connections of a source have in common.
/// @par Threads  Immutable; the cookies have a mutex.
struct source_terms {
  std::shared_ptr<async::runtime> where;
  std::shared_ptr<const destination> to;
  engine_client_options options;
  std::string base;  // path and query that all requests begin with
  engine_client_options::fields headers = {};
  std::shared_ptr<cookie_jar> cookies = {};  // null: they are not sent back

  wire::revision rev() const noexcept { return options.revision == 3 ? wire::revision::v3 : wire::revision::v4; }
  /// The target of a request. @param sid  Empty: there is none yet.
  std::string target(std::string_view transport, std::string_view sid) const;
  /// The fields of every request, with the cookies.
  engine_client_options::fields fields_now() const;
};

/// A packet on its way to the server.
/// @par Threads  A value.
struct out_packet {
  wire::packet_type type = wire::packet_type::message;
  message data{std::string()};
  bool compress = true;

  std::string_view bytes() const noexcept { return data.is_binary() ? data.bytes().view() : data.text(); }
  std::size_t size() const noexcept { return 1 + bytes().size(); }
  wire::engine_packet as_wire() const noexcept { return {type, data.is_binary(), bytes()}; }
};

class transport;

/// Told on the strand, never inside of a call of the transport.
class transport_host {
 public:
  virtual ~transport_host() = default;
  /// The connection is there. Of polling: its first answer is.
  virtual void on_transport_open(transport& from) = 0;
  virtual void on_packet(transport& from, wire::packet_type type, message data) = 0;
  /// What send() got has been written.
  virtual void on_written(transport& from) = 0;
  /// Nothing is under way any more, behind pause().
  virtual void on_paused(transport& from) = 0;
  /// The transport is broken or closed by the server. Nothing follows.
  virtual void on_transport_end(transport& from, engine_end why) = 0;
};

/// @par Threads  On the strand.
class transport : public std::enable_shared_from_this<transport> {
 public:
  transport(async::strand on, std::shared_ptr<const source_terms> terms, std::weak_ptr<transport_host> host)
      : strand_(std::move(on)), terms_(std::move(terms)), host_(std::move(host)) {}
  virtual ~transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  virtual std::string_view name() const noexcept = 0;
  /// Connects. @param sid  Of a session that has begun with another transport; else empty.
  virtual void start(std::string sid) = 0;
  /// From the handshake on.
  virtual void use_sid(std::string sid) { static_cast<void>(sid); }
  bool is_writable() const noexcept { return open_ && !writing_ && !stopped_; }
  /// Only while it is writable: it is not until on_written().
  virtual void send(std::vector<out_packet> packets) = 0;
  virtual void pause() = 0;
  /// Says goodbye within options.close_timeout. Nothing is told any more.
  void close();
  /// Ends at once. Nothing is told any more. Idempotent.
  virtual void stop() noexcept = 0;

 protected:
  /// Calls the host, if there is one and nothing was stopped.
  template <class F>
  void tell(F what) {
    const auto host = host_.lock();
    if (host && !silent_ && !stopped_) what(*host);
  }
  /// Tells of the end once, and stops.
  void fail(engine_end why);
  void fail(const std::exception_ptr& thrown);
  /// Behind close(), when nothing is being written: tells the server, and then stops.
  virtual void say_goodbye() = 0;

  const async::strand strand_;
  const std::shared_ptr<const source_terms> terms_;
  const std::weak_ptr<transport_host> host_;
  bool open_ = false;
  bool writing_ = false;
  bool silent_ = false;  // closing: the host is not told any more
  bool stopped_ = false;
  std::shared_ptr<strand_timer> limit_;  // of a close
};

std::shared_ptr<transport> make_polling(async::strand on, std::shared_ptr<const source_terms> terms,
                                        std::weak_ptr<transport_host> host);
std::shared_ptr<transport> make_websocket(async::strand on, std::shared_ptr<const source_terms> terms,
                                          std::weak_ptr<transport_host> host);

/// The end that an exception of a transport means. Its detail begins with the name of the transport.
engine_end end_of(std::string_view transport, const std::exception_ptr& thrown);
/// A sentence about an HTTP answer that is not the one that was asked for.
std::string explain_status(unsigned status);

}  // namespace cosio::inline v0_2::clients
