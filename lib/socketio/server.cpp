// The handle of <cosio/server.hpp>.

#include <cosio/any_stream.hpp>
#include <cosio/error.hpp>
#include <cosio/server.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/log_text.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "http/app_state.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2 {
namespace {

http::app_options port_options(const options& from) {
  http::app_options to;
  to.host = from.host;
  to.port = from.port;
  to.reuse_port = from.reuse_port;
  to.sockets = from.sockets;
  to.threads = from.threads;
  to.tls = from.tls;
  return to;
}

std::shared_ptr<socketio::server_core> make_core(http::app& app, options opts) {
  auto core = std::make_shared<socketio::server_core>(app.internals()->shared_runtime(), std::move(opts));
  core->of("/");
  return core;
}

// A server that owns its port: until it listens, its settings can be changed.
std::shared_ptr<socketio::server_core> make_owner(http::app app, options opts) {
  auto core = make_core(app, std::move(opts));
  core->own(app);
  return core;
}
std::shared_ptr<socketio::server_core> make_owner(options opts) {
  http::app own(port_options(opts));
  return make_owner(std::move(own), std::move(opts));
}
std::shared_ptr<socketio::server_core> make_owner(boost::asio::any_io_executor executor, options opts) {
  http::app own(std::move(executor), port_options(opts));
  return make_owner(std::move(own), std::move(opts));
}

std::shared_ptr<socketio::server_core> make_guest(http::app& app, options opts) {
  auto core = make_core(app, std::move(opts));
  core->attach(app);
  return core;
}

// When the last handle of a server that owns its port goes, the port goes with it, and the io_context behind the port.
// The io_context holds clients, and these hold the server.
std::shared_ptr<void> port_owner(const std::shared_ptr<socketio::server_core>& core) {
  return std::shared_ptr<void>(nullptr, [core](void*) { core->disown(); });
}

http::app app_of(const socketio::server_core& core) {
  const auto own = core.own_app();
  if (!own)
    throw error(errc::not_supported,
                "this server shares the port of an http::app: listen, run and stop belong to that");
  return *own;
}

// The port of the server's own, answered from now on.
http::app own_port_of(socketio::server_core& core) {
  http::app app = app_of(core);
  if (!core.attached()) core.attach(app);
  return app;
}

bool too_late(const socketio::server_core& core, const char* what) {
  if (core.attached())
    base::log(log_level::warn, "socketio", std::string(what) + " has no effect once the server is attached to a port");
  return core.attached();
}

task<> close_server(std::shared_ptr<socketio::server_core> core) { co_await socketio::server_core::close(core); }
task<> drain_server(std::shared_ptr<socketio::server_core> core, close_options how) {
  co_await socketio::server_core::drain(core, std::move(how));
}

task<> leave_port_of(const std::weak_ptr<http::app::state>& port, const close_options& how) {
  auto alive = port.lock();
  if (!alive) return async::nothing();
  return http::app::state::leave_port(std::move(alive), how.keep_port, how.deadline);
}

// The same for a server that shares the port of an application, which closes behind it. Holds no handle of that.
task<> drain_guest(std::shared_ptr<socketio::server_core> core, close_options how,
                   std::weak_ptr<http::app::state> port) {
  auto leaving = leave_port_of(port, how);
  co_await std::move(leaving);
  co_await drain_server(core, std::move(how));
}

}  // namespace

server::server(const cosio::options& opts) : core_(make_owner(opts)), owner_(port_owner(core_)) {}

server::server(http::app& app, const cosio::options& opts) : core_(make_guest(app, opts)) {}

server::server(boost::asio::any_io_executor executor, const cosio::options& opts)
    : core_(make_owner(std::move(executor), opts)), owner_(port_owner(core_)) {}

server::server(const engine_server& engine, const cosio::options& opts)
    : core_(std::make_shared<socketio::server_core>(engine.internals()->shared_runtime(), opts)) {
  core_->bind(engine.internals());
}

server::server() : server(cosio::options()) {}
server::server(http::app& app) : server(app, cosio::options()) {}
server::server(boost::asio::any_io_executor executor) : server(std::move(executor), cosio::options()) {}
server::server(const engine_server& engine) : server(engine, cosio::options()) {}

server::server(std::shared_ptr<socketio::server_core> core) noexcept : core_(std::move(core)) {}
server::server(const server& other) noexcept = default;
server::server(server&& other) noexcept = default;
server& server::operator=(const server& other) noexcept = default;
server& server::operator=(server&& other) noexcept = default;
server::~server() = default;

task<report> server::emit_encoded(std::string_view event, event_data data) const {
  return sockets().emit_encoded(event, std::move(data));
}

namespace {

// A pattern that is given as a text would be the name of one namespace.
void note_braces(std::string_view name) {
  const auto open = name.find('{');
  if (open == std::string_view::npos || name.find('}', open) == std::string_view::npos) return;
  const auto due = base::ask_for_remark("socketio", base::remark::nsp, name, {});
  if (!due) return;
  const std::string quoted = base::quoted(name);
  const std::string nsp = base::shortened(name);
  base::log_remark(due, "socketio",
                   "of(" + quoted + ") is one namespace of this very name; for all names that match, write of(" +
                       "cosio::pattern(" + quoted + "))",
                   {{"nsp", nsp}});
}

}  // namespace

nsp server::make(std::string_view name, const std::function<void(nsp)>& configure) const {
  note_braces(name);
  return nsp(core_->of(std::string(name), configure));
}
parent_nsp server::make(const pattern& names, const std::function<void(parent_nsp)>& configure) const {
  return parent_nsp(core_->add_parent({}, &names, configure));
}
parent_nsp server::make(std::function<task<bool>(std::string, handshake)> allow,
                        const std::function<void(parent_nsp)>& configure) const {
  return parent_nsp(core_->add_parent(std::move(allow), nullptr, configure));
}
nsp server::of(std::string_view name) const { return make(name, {}); }
nsp server::sockets() const { return of("/"); }
parent_nsp server::of(const pattern& names) const { return make(names, {}); }
parent_nsp server::of(detail::question<bool, std::string, handshake> allow) const {
  return make(std::move(allow).release(), {});
}

const server& server::on_new_namespace(plain_hook<nsp> handler) const {
  core_->on_new_namespace(std::move(handler).take());
  return *this;
}

engine_server server::engine() const { return engine_server(core_->engine()); }
void server::check_new_namespace(std::string_view event) {
  if (event != "new_namespace") {
    throw error(errc::bad_argument,
                "a handler that takes a cosio::nsp hears of \"new_namespace\", not of \"" + std::string(event) + "\"");
  }
}

// ---------------------------------------------------------------- settings

cosio::options server::options() const { return core_->current_settings(); }
std::string server::path() const { return core_->settings().path; }
const server& server::path(std::string_view path) const {
  if (too_late(*core_, "path()")) return *this;
  auto changed = core_->current_settings();
  changed.path = std::string(path);
  core_->configure(std::move(changed));
  return *this;
}
bool server::serve_client() const { return core_->settings().serve_client; }
const server& server::serve_client(bool on) const {
  if (too_late(*core_, "serve_client()")) return *this;
  auto changed = core_->current_settings();
  changed.serve_client = on;
  core_->configure(std::move(changed));
  return *this;
}
origin_policy server::origins() const { return core_->engine()->origins(); }
const server& server::origins(origin_policy policy) const {
  core_->origins(std::move(policy));
  return *this;
}
std::chrono::milliseconds server::connect_timeout() const { return core_->connect_timeout(); }
const server& server::connect_timeout(std::chrono::milliseconds within) const {
  auto changed = core_->current_settings();
  changed.connect_timeout = within;
  validate(changed);
  core_->connect_timeout(within);
  return *this;
}
const server& server::adapter(std::function<std::shared_ptr<cosio::adapter>(adapter_host&)> factory) const {
  core_->use_adapter(std::move(factory));
  return *this;
}
const server& server::identify_with(std::function<task<boost::json::value>(http::request)> who) const {
  core_->identify(std::move(who));
  return *this;
}

// ---------------------------------------------------------------- ports

const server& server::attach(http::app& app) const {
  if (core_->own_app() && !core_->attached()) core_->move_to(app);
  core_->attach(app);
  return *this;
}

const server& server::attach(http::app& app, cosio::options opts) const {
  core_->configure(std::move(opts));
  return attach(app);
}

const server& server::bind(const engine_server& engine) const {
  core_->bind(engine.internals());
  return *this;
}

const server& server::adopt(const engine_session& session) const {
  const auto s = session.internals();
  if (s->get_strand().running_in_this_thread()) {
    core_->adopt(s);
  } else {
    async::post(s->get_strand(), "socketio", [core = core_, s] { core->adopt(s); });
  }
  return *this;
}

bool server::owns(std::string_view target) const noexcept { return core_->owns(target); }
task<> server::serve(http::tcp_socket socket) const { return core_->serving_app().serve(std::move(socket)); }
task<> server::serve(http::tcp_socket socket, http::request asked, std::string rest) const {
  return core_->serving_app().serve(std::move(socket), std::move(asked), std::move(rest));
}
task<> server::serve(http::any_stream stream) const { return core_->serving_app().serve(std::move(stream)); }
task<> server::serve(http::any_stream stream, http::request asked, std::string rest) const {
  return core_->serving_app().serve(std::move(stream), std::move(asked), std::move(rest));
}
task<http::response> server::answer(http::request asked) const { return core_->serving_app().answer(std::move(asked)); }

std::uint16_t server::listen() const {
  http::app app = own_port_of(*core_);
  core_->open();
  return app.listen();
}
void server::reload_certificates() const {
  http::app app = app_of(*core_);
  app.reload_certificates();
}
std::uint16_t server::port() const noexcept {
  const auto own = core_->own_app();
  return own ? own->port() : std::uint16_t{0};
}
void server::run() const {
  http::app app = own_port_of(*core_);
  core_->open();
  app.run();
}
void server::run_until_signal(close_options how) const {
  const bool is_owner = core_->own_app().has_value();
  http::app app = is_owner ? own_port_of(*core_) : core_->serving_app();
  if (is_owner) core_->open();
  const auto deadline = how.deadline;
  if (is_owner) {
    app.run_until_signal(deadline, [core = core_, how = std::move(how)] { return drain_server(core, how); });
  } else {
    const std::weak_ptr port(app.internals());
    app.run_until_signal(deadline, [core = core_, how = std::move(how), port] { return drain_guest(core, how, port); });
  }
}
void server::run_until_signal(std::chrono::milliseconds deadline) const { run_until_signal(close_options(deadline)); }
void server::stop() const noexcept {
  const auto own = core_->own_app();
  if (!own) return;
  http::app app = *own;
  app.stop();
}

task<> server::close() const { return close_server(core_); }
task<> server::close(close_options how) const { return drain_server(core_, std::move(how)); }
task<> server::close(std::chrono::milliseconds deadline) const { return drain_server(core_, close_options(deadline)); }
void server::spawn(task<> work) const { core_->spawn(std::move(work)); }
boost::asio::any_io_executor server::executor() const { return core_->runtime()->get_executor(); }

}  // namespace cosio::inline v0_2
