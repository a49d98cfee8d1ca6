// The handle of <cosio/server.hpp>.

#include <cosio/server.hpp>

#include <utility>

#include "http/app_state.hpp"
#include "socketio/server_core.hpp"

namespace cosio {
namespace {

http::app_options port_options(const options& from) {
  http::app_options to;
  to.host = from.host;
  to.port = from.port;
  to.threads = from.threads;
  return to;
}

std::shared_ptr<socketio::server_core> make_core(http::app& app, options opts) {
  if (opts.cookie) validate(*opts.cookie);
  auto core = std::make_shared<socketio::server_core>(app.internals()->shared_runtime(), std::move(opts));
  core->attach(app);
  return core;
}

// The last handle of a server that owns its port takes the port along: the io_context behind it holds clients, and these hold the server.
std::shared_ptr<void> port_owner(const std::shared_ptr<socketio::server_core>& core) {
  return std::shared_ptr<void>(nullptr, [core](void*) { core->disown(); });
}

const http::app& app_of(const socketio::server_core& core) {
  if (!core.own_app()) throw error(errc::not_supported, "this server shares the port of an http::app: listen, run and stop belong to that");
  return *core.own_app();
}

http::app own_app_of(const socketio::server_core& core) { return app_of(core); }

task<> close_server(std::shared_ptr<socketio::server_core> core) { co_await socketio::server_core::close(core); }

}  // namespace

server::server(cosio::options opts) {
  http::app app(port_options(opts));
  core_ = make_core(app, std::move(opts));
  core_->own(app);
  owner_ = port_owner(core_);
}

server::server(http::app& app, cosio::options opts) : core_(make_core(app, std::move(opts))) {}

server::server(boost::asio::any_io_executor executor, cosio::options opts) {
  http::app app(std::move(executor), port_options(opts));
  core_ = make_core(app, std::move(opts));
  core_->own(app);
  owner_ = port_owner(core_);
}

nsp server::of(std::string_view name) const { return nsp(core_->of(std::string(name))); }
parent_nsp server::of(const pattern& names) const { return parent_nsp(core_->add_parent({}, &names)); }
parent_nsp server::of(std::function<task<bool>(std::string, handshake)> allow) const { return parent_nsp(core_->add_parent(std::move(allow), nullptr)); }

const server& server::on_new_namespace(std::function<void(nsp)> handler) const {
  core_->on_new_namespace(std::move(handler));
  return *this;
}

engine_server server::engine() const { return engine_server(core_->engine()); }
const cosio::options& server::options() const noexcept { return core_->settings(); }
const std::string& server::path() const noexcept { return core_->settings().path; }

const server& server::attach(http::app& app) const {
  core_->attach(app);
  return *this;
}

std::uint16_t server::listen() const {
  http::app app = own_app_of(*core_);
  return app.listen();
}
std::uint16_t server::port() const noexcept { return core_->own_app() ? core_->own_app()->port() : std::uint16_t{0}; }
void server::run() const {
  http::app app = own_app_of(*core_);
  app.run();
}
void server::stop() const noexcept {
  if (!core_->own_app()) return;
  http::app app = *core_->own_app();
  app.stop();
}

task<> server::close() const { return close_server(core_); }
boost::asio::any_io_executor server::executor() const { return core_->runtime()->get_executor(); }

}  // namespace cosio
