// A connection to the server, ready for its first request.
//
//   the name -> resolver -> address_race -> proxy_tunnel, if there is a proxy -> TLS, if the URL says so -> net_stream

#pragma once
#include <boost/asio/ip/basic_resolver.hpp>

#include <cosio/task.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/runtime.hpp"
#include "client/address_race.hpp"
#include "client/net_stream.hpp"
#include "client/proxy.hpp"
#include "client/server_url.hpp"
#include "client/tls_client.hpp"

namespace cosio::inline v0_2::clients {

/// Where connections go.
/// @par Threads  Immutable.
struct destination {
  server_url server;
  std::optional<proxy_address> proxy = {};
  std::shared_ptr<const tls_client> tls = {};  // null: without TLS
  std::chrono::milliseconds address_delay{250};
};

/// Makes one connection. Names are resolved by Asio, which has one thread for that in each io_context.
/// @par Threads  On its strand.
class dialer : public std::enable_shared_from_this<dialer> {
 public:
  dialer(async::strand on, std::shared_ptr<async::runtime> where, std::shared_ptr<const destination> to);

  /// Once. @throws failure; boost::system::system_error operation_aborted behind cancel().
  /// @param until  The end of the attempts to connect. Whoever waits has a deadline of his own for the rest.
  static task<std::shared_ptr<net_stream>> run(std::shared_ptr<dialer> self, async::time_point until);
  /// Idempotent. run() ends soon; a name that is being resolved may keep it waiting.
  void cancel() noexcept;

 private:
  using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, async::strand>;

  static task<endpoints> resolve(std::shared_ptr<dialer> self, std::string host, std::uint16_t port);
  static task<> shake_hands(std::shared_ptr<dialer> self);
  void check() const;

  const async::strand strand_;
  const std::shared_ptr<async::runtime> where_;
  const std::shared_ptr<const destination> to_;
  resolver resolver_;
  std::shared_ptr<address_race> race_;
  std::shared_ptr<net_stream> stream_;
  bool cancelled_ = false;
};

}  // namespace cosio::inline v0_2::clients
