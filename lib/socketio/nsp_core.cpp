// One namespace.

#include "socketio/nsp_core.hpp"

#include <cosio/error.hpp>

#include <chrono>
#include <utility>

#include "async/spawn.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "socketio/client_host.hpp"
#include "socketio/encoded_packet.hpp"

namespace cosio::socketio {
namespace {

// Copies the list: readers keep the old one.
template <class T>
void append(std::shared_ptr<const std::vector<T>>& list, T item) {
  auto copy = list ? std::make_shared<std::vector<T>>(*list) : std::make_shared<std::vector<T>>();
  copy->push_back(std::move(item));
  list = std::move(copy);
}

// Does not own the namespace: a namespace that goes before its adapter was started needs no adapter.
task<> init_adapter(std::weak_ptr<nsp_core> nsp, const cosio::adapter* which) {
  const auto self = nsp.lock();
  if (!self || &self->adapter() != which) co_return;  // gone, or replaced before it began
  auto starting = self->adapter().init();
  co_await std::move(starting);
}

task<> close_adapter_of(std::shared_ptr<nsp_core> nsp) {
  auto closing = nsp->adapter().close();
  co_await std::move(closing);
}

}  // namespace

nsp_handlers::nsp_handlers(const nsp_handlers& other)
    : sequential_(other.sequential_.load()),
      middlewares_(other.middlewares()),
      connection_handlers_(other.connection_handlers()),
      error_handlers_(other.error_handlers()) {}

void nsp_handlers::add(detail::nsp_middleware middleware) {
  const base::lock_guard lock(mutex_);
  append(middlewares_, std::move(middleware));
}
void nsp_handlers::add(detail::connection_handler handler) {
  const base::lock_guard lock(mutex_);
  append(connection_handlers_, std::move(handler));
}
void nsp_handlers::add(error_handler handler) {
  const base::lock_guard lock(mutex_);
  append(error_handlers_, std::move(handler));
}
void nsp_handlers::add(room_handler handler) {
  const base::lock_guard lock(mutex_);
  append(room_handlers_, std::move(handler));
}
void nsp_handlers::clear() noexcept {
  list<detail::nsp_middleware> middlewares;  // destroyed outside the lock, like the next three
  list<detail::connection_handler> connection_handlers;
  list<error_handler> error_handlers;
  list<room_handler> room_handlers;
  const base::lock_guard lock(mutex_);
  middlewares.swap(middlewares_);
  connection_handlers.swap(connection_handlers_);
  error_handlers.swap(error_handlers_);
  room_handlers.swap(room_handlers_);
}
nsp_handlers::list<detail::nsp_middleware> nsp_handlers::middlewares() const {
  const base::lock_guard lock(mutex_);
  return middlewares_;
}
nsp_handlers::list<detail::connection_handler> nsp_handlers::connection_handlers() const {
  const base::lock_guard lock(mutex_);
  return connection_handlers_;
}
nsp_handlers::list<nsp_handlers::error_handler> nsp_handlers::error_handlers() const {
  const base::lock_guard lock(mutex_);
  return error_handlers_;
}

nsp_handlers::list<nsp_handlers::room_handler> nsp_handlers::room_handlers() const {
  const base::lock_guard lock(mutex_);
  return room_handlers_;
}

nsp_core::nsp_core(const std::shared_ptr<client_host>& server, std::string name, const nsp_handlers& handlers)
    : server_(server), name_(std::move(name)), handlers_(handlers) {
  configure(*server);
}

void nsp_core::configure(const client_host& server) {
  const options& settings = server.settings();
  runtime_ = server.runtime();
  counters_ = server.counters();
  max_rooms_ = settings.max_rooms_per_client;
  max_pending_acks_ = settings.max_pending_acks;
  max_listeners_ = settings.max_listeners_per_socket;
  recovery_ = settings.connection_state_recovery;
  longest_silence_ = settings.ping_interval + 2 * settings.ping_timeout;
  order_ = settings.handlers;
  answers_refused_events_ = settings.answer_refused_events;
  parser_ = settings.parser;
}

void nsp_core::adapter(std::shared_ptr<cosio::adapter> made) {
  adapter_ = std::move(made);
  keeps_sessions_ = recovery_ && adapter_->keeps_sessions();
  if (recovery_ && !keeps_sessions_) {
    base::log(
        log_level::warn, "socketio",
        "namespace " + name_ +
            ": connection_state_recovery was asked for, but its adapter keeps no sessions: clients cannot come back");
  }
}

void nsp_core::start_adapter(const std::shared_ptr<nsp_core>& self) {
  async::spawn(self->runtime_->get_executor(), "socketio", init_adapter(self, self->adapter_.get()));
}

void nsp_core::close_adapter(const std::shared_ptr<nsp_core>& self) {
  async::spawn(self->runtime_->get_executor(), "socketio", close_adapter_of(self));
}

std::int64_t nsp_core::wall_clock() const noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

std::shared_ptr<const outgoing_packet> nsp_core::encode(std::string event, event_data data,
                                                        std::optional<std::uint64_t> ack_id,
                                                        const emit_flags& flags) const {
  return std::make_shared<const encoded_packet>(name_, wire::sio_type::event, ack_id, std::move(event), std::move(data),
                                                parser_.get(), flags.compress);
}

void nsp_core::server_side_event(arguments event, ack answer) {
  const boost::json::string* const name = event[0].if_string();
  if (name == nullptr) return;
  const detail::event_view view{*name, event.values().data() + 1, event.size() - 1, event.attachments(), answer};
  for (const auto& listener : server_side_.take(*name)) {
    std::string problem;
    task<> work = listener->start(view, problem);
    if (work.valid()) {
      async::spawn(runtime_->get_executor(), "socketio", run_kept(listener, std::move(work)));
    } else {
      base::log(log_level::warn, "socketio", "a server-side event in namespace " + name_ + ": " + problem);
    }
  }
}

void nsp_core::add_room_handler(std::function<void(const room_event&)> handler) {
  handlers_.add(std::move(handler));
  watches_rooms_.store(true, std::memory_order_release);
}

namespace {
thread_local int no_room_events_here = 0;
}
nsp_core::no_room_events::no_room_events() noexcept { ++no_room_events_here; }
nsp_core::no_room_events::~no_room_events() { --no_room_events_here; }

void nsp_core::room_changed(const room_event& what) {
  if (no_room_events_here != 0) return;
  if (const auto handlers = handlers_.room_handlers())
    for (const auto& handler : *handlers) base::guarded("socketio", [&] { handler(what); });
}

void nsp_core::delivered(const report& what) noexcept {
  if (what.queued != 0) counters_->add(base::counter::queued, what.queued);
  if (what.dropped != 0) counters_->add(base::counter::dropped, what.dropped);
  if (what.refused != 0) counters_->add(base::counter::delivery_refused, what.refused);
}

void nsp_core::gather(const std::function<void()>& walk) {
  const engine::flush_scope scope;
  walk();
}

void parent_core::add_child(const std::shared_ptr<nsp_core>& made) {
  const base::lock_guard lock(mutex_);
  std::erase_if(children_, [](const auto& child) { return child.expired(); });
  children_.push_back(made);
}

std::vector<std::shared_ptr<nsp_core>> parent_core::children() const {
  std::vector<std::shared_ptr<nsp_core>> out;
  const base::lock_guard lock(mutex_);
  for (const auto& child : children_)
    if (auto alive = child.lock()) out.push_back(std::move(alive));
  return out;
}

}  // namespace cosio::socketio
