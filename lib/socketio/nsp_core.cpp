// One namespace.

#include "socketio/nsp_core.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "async/spawn.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "base/most.hpp"
#include "base/sharing.hpp"
#include "engine/flush.hpp"
#include "socketio/client_host.hpp"
#include "socketio/encoded_packet.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

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
      middlewares_(other.copy_of(&nsp_handlers::middlewares_)),
      connection_handlers_(other.copy_of(&nsp_handlers::connection_handlers_)),
      error_handlers_(other.copy_of(&nsp_handlers::error_handlers_)) {
  const base::lock_guard lock(other.mutex_);
  last_number_ = other.last_number_;
}

// Copies the list: readers keep the old one.
template <class T>
std::uint64_t nsp_handlers::add_to(numbered<T> nsp_handlers::* where, T callable) {
  T shared = base::sharing(std::move(callable));
  const base::lock_guard lock(mutex_);
  numbered<T>& to = this->*where;
  auto copy = to.calls ? std::make_shared<std::vector<T>>(*to.calls) : std::make_shared<std::vector<T>>();
  copy->push_back(std::move(shared));
  to.numbers.push_back(last_number_ + 1);
  to.calls = std::move(copy);
  return ++last_number_;
}

// @return the list before: it is destroyed without the lock.
template <class T>
nsp_handlers::list<T> nsp_handlers::remove_from(numbered<T>& where, std::uint64_t number) {
  const auto found = std::find(where.numbers.begin(), where.numbers.end(), number);
  if (found == where.numbers.end()) return nullptr;
  const auto at = found - where.numbers.begin();
  auto copy = std::make_shared<std::vector<T>>(*where.calls);
  copy->erase(copy->begin() + at);
  where.numbers.erase(found);
  list<T> next = copy->empty() ? nullptr : std::move(copy);
  return std::exchange(where.calls, std::move(next));
}

std::uint64_t nsp_handlers::add(detail::nsp_middleware middleware) {
  return add_to(&nsp_handlers::middlewares_, std::move(middleware));
}
std::uint64_t nsp_handlers::add(detail::connection_handler handler) {
  return add_to(&nsp_handlers::connection_handlers_, std::move(handler));
}
std::uint64_t nsp_handlers::add(error_handler handler) {
  return add_to(&nsp_handlers::error_handlers_, std::move(handler));
}
std::uint64_t nsp_handlers::add(room_handler handler) {
  return add_to(&nsp_handlers::room_handlers_, std::move(handler));
}

void nsp_handlers::remove(std::uint64_t number) {
  list<detail::nsp_middleware> middlewares;  // destroyed outside the lock, like the next three
  list<detail::connection_handler> connection_handlers;
  list<error_handler> error_handlers;
  list<room_handler> room_handlers;
  const base::lock_guard lock(mutex_);
  middlewares = remove_from(middlewares_, number);
  connection_handlers = remove_from(connection_handlers_, number);
  error_handlers = remove_from(error_handlers_, number);
  room_handlers = remove_from(room_handlers_, number);
}

void nsp_handlers::clear() noexcept {
  numbered<detail::nsp_middleware> middlewares;  // destroyed outside the lock, like the next three
  numbered<detail::connection_handler> connection_handlers;
  numbered<error_handler> error_handlers;
  numbered<room_handler> room_handlers;
  const base::lock_guard lock(mutex_);
  std::swap(middlewares, middlewares_);
  std::swap(connection_handlers, connection_handlers_);
  std::swap(error_handlers, error_handlers_);
  std::swap(room_handlers, room_handlers_);
}

nsp_handlers::list<detail::nsp_middleware> nsp_handlers::middlewares() const {
  return calls_of(&nsp_handlers::middlewares_);
}
nsp_handlers::list<detail::connection_handler> nsp_handlers::connection_handlers() const {
  return calls_of(&nsp_handlers::connection_handlers_);
}
nsp_handlers::list<nsp_handlers::error_handler> nsp_handlers::error_handlers() const {
  return calls_of(&nsp_handlers::error_handlers_);
}
nsp_handlers::list<nsp_handlers::room_handler> nsp_handlers::room_handlers() const {
  return calls_of(&nsp_handlers::room_handlers_);
}

nsp_core::nsp_core(const std::shared_ptr<client_host>& server, std::string name, const nsp_handlers& handlers)
    : server_(server), name_(std::move(name)), handlers_(handlers) {
  configure(*server);
}

async::strand nsp_core::start_strand() {
  const base::lock_guard lock(start_mutex_);
  if (!start_strand_) start_strand_ = runtime_->make_strand();
  return *start_strand_;
}

bool nsp_core::watched_by(std::shared_ptr<nsp_watcher> who) {
  const base::lock_guard lock(start_mutex_);
  if (kept_watcher_) return false;
  kept_watcher_ = std::move(who);
  watcher_.store(kept_watcher_.get(), std::memory_order_release);
  return true;
}

void nsp_core::configure(const client_host& server) {
  const options& settings = server.settings();
  {
    const base::lock_guard lock(start_mutex_);
    start_strand_.reset();  // it belongs to the runtime before
  }
  runtime_ = server.runtime();
  counters_ = server.counters();
  max_rooms_ = settings.max_rooms_per_client;
  max_pending_acks_ = settings.max_pending_acks;
  max_listeners_ = settings.max_listeners_per_socket;
  recovery_ = settings.connection_state_recovery;
  longest_silence_ = settings.ping_interval + 2 * settings.ping_timeout;
  order_ = settings.handlers;
  answers_refused_events_ = settings.answer_refused_events;
  answers_failed_events_ = settings.answer_failed_events;
  explains_refusals_ = settings.explain_refusals;
  parser_ = settings.parser;
  max_attachments_ = base::most(settings.max_attachments);
}

void nsp_core::adapter(std::shared_ptr<cosio::adapter> made) {
  adapter_ = std::move(made);
  if (adapter_line_) {  // the one before was replaced, and the runtime perhaps, too
    adapter_line_ = std::make_shared<socketio::adapter_line>();
    adapter_state_ = adapter_state();
  }
  keeps_sessions_ = recovery_ && adapter_->keeps_sessions();
}

bool nsp_core::open_adapter() {
  return adapter_line_->open(adapter_state_,
                             [weak = weak_from_this(), which = adapter_.get()] { return init_adapter(weak, which); });
}

bool nsp_core::close_adapter() {
  return adapter_line_->close(adapter_state_, [self = shared_from_this()] { return close_adapter_of(self); });
}

std::int64_t nsp_core::wall_clock() const noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

std::shared_ptr<const outgoing_packet> nsp_core::encode(std::string event, event_data data,
                                                        std::optional<std::uint64_t> ack_id,
                                                        const emit_flags& flags) const {
  return std::make_shared<const encoded_packet>(name_, wire::sio_type::event, ack_id, std::move(event), std::move(data),
                                                form(), flags.compress);
}

void nsp_core::server_side_event(arguments event, ack answer) {
  const boost::json::string* const name = event[0].if_string();
  if (name == nullptr) return;
  const detail::event_view view{*name, event.values().data() + 1, event.size() - 1, event.attachments(), answer};
  for (const auto& listener : server_side_.take(*name)) {
    std::string problem;
    task<> work;
    try {
      work = listener->start(view, problem);
    } catch (...) {  // a conversion of the application's, or a handler that is no coroutine
      async::report("socketio", std::current_exception());
      continue;
    }
    if (work.valid()) {
      async::spawn(runtime_->get_executor(), "socketio", run_kept(listener, std::move(work)));
    } else {
      base::log(log_level::warn, "socketio", "a server-side event in namespace " + name_ + ": " + problem);
    }
  }
}

std::uint64_t nsp_core::add_room_handler(nsp_handlers::room_handler handler) {
  const std::uint64_t number = handlers_.add(std::move(handler));
  watches_rooms_.store(true, std::memory_order_release);
  return number;
}

namespace {
thread_local int no_room_events_here = 0;
}
nsp_core::no_room_events::no_room_events() noexcept { ++no_room_events_here; }
nsp_core::no_room_events::~no_room_events() { --no_room_events_here; }

namespace {

void log_untold(const std::string& nsp) {
  base::log(log_level::warn, "socketio",
            "on_room_event of " + nsp +
                ": too many coroutines of it run, so one is not told of a change; let them end sooner, or use a plain "
                "function",
            {{"nsp", nsp}});
}

}  // namespace

void nsp_core::room_changed(const room_event& what) {
  if (no_room_events_here != 0) return;
  if (const auto handlers = handlers_.room_handlers())
    for (const auto& handler : *handlers)
      base::guarded("socketio", [&] {
        if (!room_coroutines_.start(runtime_->get_executor(), "socketio", handler(what))) log_untold(name_);
      });
}

void nsp_core::delivered(const report& what) noexcept {
  if (what.queued != 0) counters_->add(base::counter::queued, what.queued);
  if (what.dropped != 0) counters_->add(base::counter::dropped, what.dropped);
  if (what.refused != 0) counters_->add(base::counter::delivery_refused, what.refused);
}

std::size_t nsp_core::gather(const std::function<void()>& walk) {
  const engine::flush_scope scope;
  engine::walk_scope gathered;
  walk();
  return gathered.end();
}

void nsp_core::join_parent() {
  if (const auto parent = parent_.lock()) parent->add_child(shared_from_this());
}

void nsp_core::leave_parent() noexcept {
  if (const auto parent = parent_.lock()) parent->remove_child(*this);
}

void parent_core::add_child(const std::shared_ptr<nsp_core>& made) {
  const base::lock_guard lock(mutex_);
  const std::uint64_t number = ++last_number_;
  children_.emplace(number, made);
  numbers_.insert_or_assign(made.get(), number);
}

void parent_core::remove_child(const nsp_core& gone) noexcept {
  const base::lock_guard lock(mutex_);
  const auto found = numbers_.find(&gone);
  if (found == numbers_.end()) return;
  children_.erase(found->second);
  numbers_.erase(found);
}

std::vector<std::shared_ptr<nsp_core>> parent_core::children() const {
  std::vector<std::shared_ptr<nsp_core>> out;
  const base::lock_guard lock(mutex_);
  for (const auto& [number, child] : children_)
    if (auto alive = child.lock()) out.push_back(std::move(alive));
  return out;
}

std::optional<async::strand> parent_core::start_strand() {
  const auto server = server_.lock();
  if (!server) return std::nullopt;
  auto runtime = server->runtime();
  if (runtime->has_ended()) return std::nullopt;
  const base::lock_guard lock(mutex_);
  if (start_runtime_ != runtime) {  // the first time, or the server has moved to the port of an application
    start_strand_ = runtime->make_strand();
    start_runtime_.swap(runtime);  // the one before goes without the lock
  }
  return start_strand_;
}

}  // namespace cosio::inline v0_2::socketio
