// The handles of <cosio/engine.hpp>: raw Engine.IO for applications.

#include <cosio/engine.hpp>
#include <cosio/error.hpp>

#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "engine/engine.hpp"
#include "engine/flush.hpp"
#include "engine/handler_queue.hpp"
#include "engine/session_extras.hpp"
#include "engine/taken_path.hpp"
#include "engine/turn.hpp"
#include "http/app_state.hpp"

namespace cosio::inline v0_2 {
namespace {

constexpr std::size_t most_errors_told = 256;  // coroutines of on_connection_error() that run at once

std::size_t bytes_of(const message& m) noexcept { return m.is_binary() ? m.bytes().view().size() : m.text().size(); }

// Gives messages to the application's handler. At most so many run at once: further messages wait, and the session
// pauses reading when too many bytes of them do. On the session's strand.
class message_handler final : public engine::session_handler,
                              private engine::handler_queue::owner,
                              public std::enable_shared_from_this<message_handler> {
 public:
  explicit message_handler(const std::shared_ptr<engine::session>& s)
      : host_(s->host_ptr()),
        session_(s),
        strand_(s->get_strand()),
        handlers_(*this, host_->settings(), host_->counters()) {}

  void on_text(std::string_view text) override { take(message(std::string(text))); }
  void on_binary(binary bytes) override { take(message(std::move(bytes))); }
  void on_input_end() override { tell_session(); }
  void on_heartbeat() override {
    handlers_.rest();
    tell_session();
  }
  void on_close(const reason&) override {
    message_ = nullptr;
    drop_waiting();
    handlers_.close();
  }
  void on_forsaken() noexcept override {
    const auto keep = shared_from_this();
    const auto own = std::tuple(std::exchange(message_, nullptr), std::exchange(waiting_, nullptr));
    handlers_.forsake();
  }

  void set_message_handler(std::function<task<>(message)> handler) {
    message_ = std::make_shared<std::function<task<>(message)>>(std::move(handler));
  }

 private:
  using message_function = std::shared_ptr<std::function<task<>(message)>>;

  // handler_queue::owner
  std::shared_ptr<void> keep_handlers() override { return shared_from_this(); }
  const async::strand& handler_strand() const noexcept override { return strand_; }
  void on_handler_room() override {
    for (std::size_t handled = 0; waiting_ && handlers_.has_room(); ++handled) {
      if (handled == engine::per_turn) {
        handlers_.post_room();  // other clients come first
        break;
      }
      message next = std::move(waiting_->front());
      waiting_->pop_front();
      waiting_bytes_ -= cost(next);
      if (waiting_->empty()) waiting_ = nullptr;
      start(std::move(next));
    }
    tell_session();
  }
  void on_handlers_stuck(std::exception_ptr why) noexcept override {
    base::log_thrown("engine", {"the handlers of a session could not be started"}, why);
    const auto s = session_.lock();
    if (!s) return;
    s->or_break_off([&] { s->close(reason(reason::kind::forced_close, "its handlers could not be started"), true); });
  }

  // Of a message that waits: with its place in the queue, and the block that its bytes are in.
  static std::size_t cost(const message& m) noexcept { return bytes_of(m) + sizeof(message) + 64; }

  void take(message what) {
    if (!message_) return;
    if (!waiting_ && handlers_.has_room()) return start(std::move(what));
    if (!waiting_) {
      handlers_.count_full();
      waiting_ = std::make_unique<std::deque<message>>();
    }
    const std::size_t more = cost(what);
    waiting_->push_back(std::move(what));
    waiting_bytes_ += more;
  }
  void start(message what) {
    handlers_.stay_ready();
    const std::size_t size = bytes_of(what);
    handlers_.add(
        run(message_, std::move(what)), [](const std::exception_ptr& e) { async::report("engine", e); }, nullptr, size);
    handlers_.run();
  }
  // The callable lives as long as its coroutine.
  static task<> run(message_function handler, message what) {
    auto work = detail::checked((*handler)(std::move(what)));
    co_await std::move(work);
  }
  void drop_waiting() noexcept {
    waiting_ = nullptr;
    waiting_bytes_ = 0;
  }
  void tell_session() {
    if (const auto s = session_.lock()) s->input_held(waiting_bytes_, handlers_.bytes());
  }

  const std::shared_ptr<engine::session_host> host_;  // has the options and the counters of handlers_
  const std::weak_ptr<engine::session> session_;
  const async::strand strand_;
  engine::handler_queue handlers_;
  std::unique_ptr<std::deque<message>> waiting_;  // for a handler; null when none does
  std::size_t waiting_bytes_ = 0;
  message_function message_;
};

// Sets the handler of messages, on the session's strand.
void handle_messages(const std::shared_ptr<engine::session>& s, std::function<task<>(message)> handler) {
  const auto known = s->shared_handler();
  if (known && !std::dynamic_pointer_cast<message_handler>(known)) {
    throw error(errc::not_supported,
                "engine_session::on_message(): a Socket.IO server reads the messages of this session; listen to its "
                "events with socket::on(), or to all packets with engine_session::on_packet()");
  }
  async::run_on(s->get_strand(), [s, handler = std::move(handler)] {
    auto own = std::dynamic_pointer_cast<message_handler>(s->handler());
    if (own) return own->set_message_handler(handler);
    own = std::make_shared<message_handler>(s);
    own->set_message_handler(handler);
    s->handler(own);
  });
}

// Adds a listener, on the session's strand. Nobody listens to a session that is over.
template <class... Args>
void listen(const std::shared_ptr<engine::session>& s,
            engine::listener_chain<Args...> engine::session_extras::listeners::* to,
            std::function<void(Args...)> listener) {
  async::run_on(s->get_strand(), [s, to, listener = std::move(listener)]() mutable {
    if (!s->is_over()) (s->make_extras().on.*to).add(std::move(listener));
  });
}

using listeners = engine::session_extras::listeners;

// A hook that is called once, as such a listener: its coroutine is started on the session's strand.
template <class... Args>
std::function<void(Args...)> call_of(const std::shared_ptr<engine::session>& s, hook<Args...> handler) {
  return async::starting(s->get_strand(), "engine", std::move(handler));
}

std::size_t bytes_of() noexcept { return 0; }
std::size_t bytes_of(const session_packet& packet) noexcept { return bytes_of(packet.data()); }

// The same for a hook that is called for packets: the session counts its coroutines.
template <class... Args>
std::function<void(Args...)> counted_call_of(const std::shared_ptr<engine::session>& s, hook<Args...> handler) {
  auto call = std::move(handler).release();
  if (!call) return nullptr;
  return [weak = std::weak_ptr(s), call = std::move(call)](Args... args) {
    const auto here = weak.lock();
    const std::size_t bytes = bytes_of(args...);
    auto work = call(std::move(args)...);
    if (here) here->start_hook("engine", std::move(work), bytes);
  };
}

task<report> send_frame(std::shared_ptr<engine::session> s, engine::shared_frame f) {
  const delivery what = s->send({&f, 1});
  if (s->above_high_water()) co_await s->wait_for_room();
  co_return report(what == delivery::queued, 0, what != delivery::queued, what == delivery::over_budget);
}

task<> close_session(std::shared_ptr<engine::session> s, bool discard) {
  if (s->is_over()) co_return;
  auto close = [s, discard] { s->close(reason(reason::kind::forced_close), discard); };
  co_await async::call_on(s->get_strand(), std::move(close));
}

task<client_memory> measure(std::shared_ptr<engine::session> s) {
  auto look = [s] { return s->kept_memory(); };
  auto looking = async::call_on(s->get_strand(), std::move(look));
  const client_memory kept = co_await std::move(looking);
  co_return kept;
}

task<> close_engine(std::shared_ptr<engine::engine_core> core) {
  co_await engine::engine_core::close(core, reason(reason::kind::forced_close));
}

}  // namespace

const std::string& engine_session::id() const noexcept { return impl_->id(); }
std::string engine_session::transport() const { return impl_->on_websocket() ? "websocket" : "polling"; }
unsigned engine_session::protocol() const noexcept { return static_cast<unsigned>(impl_->revision()); }
std::string_view engine_session::remote_address() const noexcept { return impl_->request().remote_address(); }
const http::request& engine_session::request() const noexcept { return impl_->request(); }
bool engine_session::open() const noexcept { return impl_->is_open(); }
std::size_t engine_session::buffered() const noexcept { return impl_->buffered(); }

task<report> engine_session::send(std::string_view text) const {
  return send_frame(impl_, engine::frame::text(wire::packet_type::message, text));
}
task<report> engine_session::send(binary bytes) const {
  return send_frame(impl_, engine::frame::binary(impl_->revision(), std::move(bytes)));
}
task<report> engine_session::send(const message& what) const {
  return what.is_binary() ? send(what.bytes()) : send(what.text());
}
task<bool> engine_session::drained() const { return engine::session::wait_until_sent(impl_); }
task<> engine_session::close(bool discard) const { return close_session(impl_, discard); }

void engine_session::on_message(detail::handler<message> handler) const {
  handle_messages(impl_, std::move(handler).release());
}
void engine_session::on_upgrade(hook<> handler) const {
  async::run_on(impl_->get_strand(), [s = impl_, listener = call_of(impl_, std::move(handler))]() mutable {
    s->listen_to_upgrade(std::move(listener));
  });
}
void engine_session::on_close(hook<reason> handler) const {
  async::run_on(impl_->get_strand(), [s = impl_, listener = call_of(impl_, std::move(handler))]() mutable {
    s->listen_to_end(std::move(listener));
  });
}
void engine_session::on_packet(hook<session_packet> handler) const {
  listen(impl_, &listeners::packet, counted_call_of(impl_, std::move(handler)));
}
void engine_session::on_packet_create(hook<session_packet> handler) const {
  auto listener = counted_call_of(impl_, std::move(handler));
  if (!listener) return;
  impl_->make_extras().tells_created = true;
  listen(impl_, &listeners::packet_create, std::move(listener));
}
void engine_session::on_heartbeat(hook<> handler) const {
  listen(impl_, &listeners::heartbeat, counted_call_of(impl_, std::move(handler)));
}
boost::asio::any_io_executor engine_session::get_executor() const { return impl_->get_strand(); }
detail::starting_place engine_session::starts_at() const {
  const auto find = [](void* of) -> boost::asio::any_io_executor {
    const auto& s = *static_cast<engine::session*>(of);
    if (s.strand_has_ended()) return {};
    return s.get_strand();
  };
  return {impl_, find};
}
task<client_memory> engine_session::memory() const { return measure(impl_); }
http::request engine_session::current_request() const { return impl_->current_request(); }
boost::json::value engine_session::data() const {
  const auto* const more = impl_->extras();
  if (more == nullptr) return boost::json::object();
  const base::lock_guard lock(more->mutex);
  return more->data;
}
void engine_session::data(boost::json::value value) const {
  auto& more = impl_->make_extras();
  const base::lock_guard lock(more.mutex);
  more.data.swap(value);
}

engine_server::engine_server(http::app& app, engine_options settings)
    : impl_(std::make_shared<engine::engine_core>(app.internals()->shared_runtime(), std::move(settings))) {
  engine::refuse_taken_path(app, *impl_);
  impl_->app(app.internals());
  app.internals()->add_service(impl_);
}

void engine_server::on_connection(hook<engine_session> handler) const {
  auto call = std::move(handler).release();
  if (!call) return;
  impl_->handlers().session_opened.emplace_back([call = std::move(call)](const std::shared_ptr<engine::session>& s) {
    async::start(s->get_strand(), "engine", call(engine_session(s)));
  });
}
void engine_server::on_connection_error(hook<const connection_error&> handler) const {
  auto call = std::move(handler).release();
  if (!call) return void(impl_->handlers().refused = nullptr);
  // Not with an executor of now: the engine may change to another runtime.
  const auto few = std::make_shared<async::bounded_start>(most_errors_told);
  impl_->handlers().refused = [weak = std::weak_ptr(impl_), call = std::move(call), few](const connection_error& why) {
    auto work = call(why);
    const auto core = weak.lock();
    if (!core || few->start(core->get_runtime().get_executor(), "engine", std::move(work))) return;
    base::log(log_level::warn, "engine",
              "on_connection_error: " + std::to_string(few->most()) +
                  " coroutines run, so one is not started; let them end sooner, or use a plain function");
  };
}
void engine_server::on_initial_headers(plain_hook<http::response&, const http::request&> handler) const {
  impl_->handlers().initial_headers = std::move(handler).take();
}
void engine_server::on_headers(plain_hook<http::response&, const http::request&> handler) const {
  impl_->handlers().headers = std::move(handler).take();
}
void engine_server::generate_id(detail::question<std::string, http::request> make) const {
  impl_->handlers().generate_id = std::move(make).release();
}
void engine_server::use(detail::middleware<http::request, http::response&> middleware) const {
  auto all = std::make_shared<engine::middleware_list>(*impl_->handlers().middleware);
  all->push_back(std::move(middleware).release());
  impl_->handlers().middleware = std::move(all);
}
std::size_t engine_server::clients_count() const noexcept { return impl_->session_count(); }
boost::asio::any_io_executor engine_server::executor() const { return impl_->get_runtime().get_executor(); }
detail::starting_place engine_server::starts_at() const {
  const auto find = [](void* of) -> boost::asio::any_io_executor {
    auto& runtime = static_cast<engine::engine_core*>(of)->get_runtime();
    if (runtime.has_ended()) return {};
    return runtime.make_strand();
  };
  return {impl_, find};
}
task<> engine_server::close() const { return close_engine(impl_); }

}  // namespace cosio::inline v0_2
