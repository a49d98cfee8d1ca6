// What nsp.hpp promises.

#include "socketio/nsp_core.hpp"

#include <cosio/error.hpp>

#include "engine/flush.hpp"
#include "socketio/socket_core.hpp"

namespace cosio {
namespace socketio {
namespace {

// Copy on write: whoever holds the old list goes on with it.
template <class T>
void append(std::shared_ptr<const std::vector<T>>& list, T item) {
  auto copy = list ? std::make_shared<std::vector<T>>(*list) : std::make_shared<std::vector<T>>();
  copy->push_back(std::move(item));
  list = std::move(copy);
}

}  // namespace

nsp_handlers::nsp_handlers(const nsp_handlers& other)
    : middlewares_(other.middlewares()), connection_handlers_(other.connection_handlers()), error_handlers_(other.error_handlers()) {}

void nsp_handlers::add(detail::nsp_middleware middleware) {
  const std::lock_guard lock(mutex_);
  append(middlewares_, std::move(middleware));
}
void nsp_handlers::add(detail::connection_handler handler) {
  const std::lock_guard lock(mutex_);
  append(connection_handlers_, std::move(handler));
}
void nsp_handlers::add(error_handler handler) {
  const std::lock_guard lock(mutex_);
  append(error_handlers_, std::move(handler));
}
nsp_handlers::list<detail::nsp_middleware> nsp_handlers::middlewares() const {
  const std::lock_guard lock(mutex_);
  return middlewares_;
}
nsp_handlers::list<detail::connection_handler> nsp_handlers::connection_handlers() const {
  const std::lock_guard lock(mutex_);
  return connection_handlers_;
}
nsp_handlers::list<nsp_handlers::error_handler> nsp_handlers::error_handlers() const {
  const std::lock_guard lock(mutex_);
  return error_handlers_;
}

nsp_core::nsp_core(std::weak_ptr<server_core> server, std::string name, const nsp_handlers& handlers)
    : server_(std::move(server)), name_(std::move(name)), handlers_(handlers) {}

void nsp_core::gather(const std::function<void()>& walk) {
  const engine::flush_scope scope;
  walk();
}

void parent_core::add_child(const std::shared_ptr<nsp_core>& made) {
  const std::lock_guard lock(mutex_);
  std::erase_if(children_, [](const auto& child) { return child.expired(); });
  children_.push_back(made);
}

std::vector<std::shared_ptr<nsp_core>> parent_core::children() const {
  std::vector<std::shared_ptr<nsp_core>> out;
  const std::lock_guard lock(mutex_);
  for (const auto& child : children_)
    if (auto alive = child.lock()) out.push_back(std::move(alive));
  return out;
}

}  // namespace socketio

// ---------------------------------------------------------------- handles

const std::string& nsp::name() const noexcept { return core_->name(); }

const nsp& nsp::use(detail::nsp_middleware middleware) const {
  core_->handlers().add(std::move(middleware));
  return *this;
}

const nsp& nsp::add_connection_handler(detail::connection_handler handler) const {
  core_->handlers().add(std::move(handler));
  return *this;
}

const nsp& nsp::on_error(std::function<void(socket, const socket_error&)> handler) const {
  core_->handlers().add(std::move(handler));
  return *this;
}

void nsp::check_lifecycle_event(std::string_view event) {
  if (event != "connection" && event != "connect") {
    throw error(errc::bad_argument, "a namespace has the events \"connection\" and \"connect\"; events of clients are listened to on their sockets");
  }
}

std::map<std::string, socket> nsp::connected() const {
  std::map<std::string, socket> out;
  for (const auto& found : core_->adapter().local_sockets(target())) {
    if (auto ours = std::dynamic_pointer_cast<socketio::socket_core>(found)) out.emplace(ours->id(), socket(ours));
  }
  return out;
}

const parent_nsp& parent_nsp::use(detail::nsp_middleware middleware) const {
  core_->handlers().add(std::move(middleware));
  return *this;
}

const parent_nsp& parent_nsp::add_connection_handler(detail::connection_handler handler) const {
  core_->handlers().add(std::move(handler));
  return *this;
}

std::vector<nsp> parent_nsp::children() const {
  std::vector<nsp> out;
  for (const auto& child : core_->children()) out.emplace_back(child);
  return out;
}

}  // namespace cosio
