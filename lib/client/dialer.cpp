// Makes connections.

#include "client/dialer.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "client/failure.hpp"
#include "client/proxy_tunnel.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

dialer::dialer(async::strand on, std::shared_ptr<async::runtime> where, std::shared_ptr<const destination> to)
    : strand_(std::move(on)), where_(std::move(where)), to_(std::move(to)), resolver_(strand_) {}

task<std::shared_ptr<net_stream>> dialer::run(std::shared_ptr<dialer> self, async::time_point until) {
  const destination& to = *self->to_;
  std::string host = to.proxy ? to.proxy->host : to.server.host;
  const std::uint16_t port = to.proxy ? to.proxy->port : to.server.port;
  endpoints resolved = co_await resolve(self, std::move(host), port);
  self->check();
  endpoints turns = in_turns(resolved);
  self->race_ =
      std::make_shared<address_race>(self->strand_, self->where_->timers(), std::move(turns), to.address_delay);
  tcp_socket connected = co_await address_race::run(self->race_, until);
  self->check();
  error_code ignored;
  connected.set_option(asio::ip::tcp::no_delay(true), ignored);
  self->stream_ = std::make_shared<net_stream>(std::move(connected));
  if (to.proxy) {
    co_await open_tunnel(self->stream_, *to.proxy, to.server.host, to.server.port);
    self->check();
  }
  if (to.tls) {
    co_await shake_hands(self);
    self->check();
  }
  co_return std::exchange(self->stream_, nullptr);
}

void dialer::cancel() noexcept {
  cancelled_ = true;
  try {
    resolver_.cancel();
  } catch (...) {  // Asio takes memory for it: then the name is resolved for nobody
    static_cast<void>(0);
  }
  if (race_) race_->cancel();
  if (stream_) stream_->close();
}

task<endpoints> dialer::resolve(std::shared_ptr<dialer> self, std::string host, std::uint16_t port) {
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  endpoints out;
  if (!ec) {
    out.emplace_back(address, port);
    co_return out;
  }
  ec.clear();
  const std::string service = std::to_string(port);
  const auto found = co_await self->resolver_.async_resolve(host, service, resolver::numeric_service,
                                                            asio::redirect_error(asio::use_awaitable, ec));
  self->check();
  if (ec) throw failure(ec, "the host's name cannot be resolved: " + ec.message());
  for (const auto& one : found) out.push_back(one.endpoint());
  co_return out;
}

task<> dialer::shake_hands(std::shared_ptr<dialer> self) {
  const tls_client& tls = *self->to_->tls;
  auto& layer = self->stream_->add_tls(tls.context());
  SSL& connection = *layer.native_handle();
  if (!tls.prepare(connection)) throw failure(asio::error::invalid_argument, "the host's name cannot be used for TLS");
  error_code ec;
  co_await layer.async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, ec));
  self->check();
  if (ec) throw failure(ec, tls.explain(connection, ec));
  if (!tls.has_pinned_key(connection))
    throw failure(asio::error::no_permission, "the key of the server is none of tls.pinned_keys");
}

void dialer::check() const {
  if (cancelled_) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace cosio::inline v0_2::clients
