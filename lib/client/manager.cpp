// The handle of a manager.

#include <cosio/io_client.hpp>

#include <utility>

#include "client/engine_client.hpp"
#include "client/manager_core.hpp"

namespace cosio::inline v0_2 {
namespace {

// The path of a URL is the name of a namespace.
std::string nsp_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = url.find_first_of("/?#", authority);
  if (path == std::string_view::npos || url[path] != '/') return "/";
  return std::string(url.substr(path, url.find_first_of("?#", path) - path));
}

std::shared_ptr<clients::manager_core> core_of(const boost::asio::any_io_executor& executor, std::string_view url,
                                               manager_options options) {
  auto where = std::make_shared<async::runtime>(executor);
  const int revision = options.protocol == 4 ? 3 : 4;
  auto make_source = [where, base = options.connection, revision](const connection_target& to) {
    engine_client_options changed = base;
    changed.revision = revision;
    changed.query = to.query;
    changed.extra_headers = to.headers;
    return clients::make_engine_source(where, to.url, std::move(changed));
  };
  return clients::manager_core::make(where, std::string(url), std::move(options), std::move(make_source));
}

}  // namespace

manager::manager(boost::asio::any_io_executor executor, std::string_view url, manager_options options)
    : core_(core_of(executor, url, std::move(options))), nsp_of_url_(nsp_in(url)) {}

manager::manager(std::shared_ptr<clients::manager_core> core) noexcept : core_(std::move(core)) {}

manager::manager(manager&&) noexcept = default;

manager& manager::operator=(manager&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->end();
  core_ = std::move(other.core_);
  nsp_of_url_ = std::move(other.nsp_of_url_);
  return *this;
}

manager::~manager() {
  if (core_) core_->end();
}

client_socket manager::socket(std::string_view nsp, client_socket_options options) const {
  return client_socket(core_->socket(std::string(nsp), std::move(options)));
}
client_socket manager::socket(client_socket_options options) const { return socket(nsp_of_url_, std::move(options)); }

bool manager::connected() const noexcept { return core_->connected(); }
std::string manager::transport() const { return core_->transport(); }
client_metrics manager::metrics() const { return core_->metrics(); }

void manager::reconnect_now() const { core_->reconnect_now(); }
void manager::pause() const { core_->pause(); }
void manager::resume() const { core_->resume(); }
void manager::close() const { core_->close(); }

listener_handle manager::on_open(detail::handler<> handler) const {
  return clients::add_hook(core_->on_open, std::move(handler).release());
}
listener_handle manager::on_close(detail::handler<client_reason> handler) const {
  return clients::add_hook(core_->on_close, std::move(handler).release());
}
listener_handle manager::on_error(detail::handler<connect_error> handler) const {
  return clients::add_hook(core_->on_error, std::move(handler).release());
}
listener_handle manager::on_ping(detail::handler<> handler) const {
  return clients::add_hook(core_->on_ping, std::move(handler).release());
}
listener_handle manager::on_reconnect_attempt(detail::handler<std::size_t> handler) const {
  return clients::add_hook(core_->on_reconnect_attempt, std::move(handler).release());
}
listener_handle manager::on_reconnect(detail::handler<std::size_t> handler) const {
  return clients::add_hook(core_->on_reconnect, std::move(handler).release());
}
listener_handle manager::on_reconnect_error(detail::handler<connect_error> handler) const {
  return clients::add_hook(core_->on_reconnect_error, std::move(handler).release());
}
listener_handle manager::on_reconnect_failed(detail::handler<> handler) const {
  return clients::add_hook(core_->on_reconnect_failed, std::move(handler).release());
}

}  // namespace cosio::inline v0_2
