// The handles of <cosio/engine.hpp>: raw Engine.IO for applications.

#include <cosio/engine.hpp>
#include <cosio/error.hpp>

#include <array>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "engine/engine.hpp"
#include "engine/flush.hpp"
#include "http/app_state.hpp"

namespace cosio {
namespace {

// Gives messages to the application's handler. On the session's strand.
class message_handler final : public engine::session_handler {
 public:
  explicit message_handler(std::shared_ptr<engine::session> s) : strand_(s->get_strand()) {}

  void on_text(std::string_view text) override { start(message(std::string(text))); }
  void on_binary(binary bytes) override { start(message(std::move(bytes))); }
  void on_input_end() override {}
  void on_upgrade() override {
    const auto once = std::exchange(upgrade_, nullptr);
    if (once) base::guarded("engine", [&] { once(); });
  }
  void on_close(const reason& why) override {
    message_ = nullptr;
    upgrade_ = nullptr;
    const auto last = std::exchange(close_, nullptr);
    if (last) base::guarded("engine", [&] { last(why); });
  }

  void set_message_handler(std::function<task<>(message)> handler) {
    message_ = std::make_shared<std::function<task<>(message)>>(std::move(handler));
  }
  void set_upgrade_handler(std::function<void()> handler) { upgrade_ = std::move(handler); }
  void set_close_handler(std::function<void(reason)> handler) { close_ = std::move(handler); }

 private:
  using message_function = std::shared_ptr<std::function<task<>(message)>>;

  void start(message what) {
    if (message_) async::spawn(strand_, "engine", run(message_, std::move(what)));
  }
  // The callable lives as long as its coroutine.
  static task<> run(message_function handler, message what) {
    auto work = (*handler)(std::move(what));
    co_await std::move(work);
  }

  async::strand strand_;
  message_function message_;
  std::function<void()> upgrade_;
  std::function<void(reason)> close_;
};

// Calls `change` with the session's handler, on its strand.
void change_handler(const std::shared_ptr<engine::session>& s, std::function<void(message_handler&)> change) {
  const auto known = s->shared_handler();
  if (known && !std::dynamic_pointer_cast<message_handler>(known)) {
    throw error(errc::not_supported, "this session belongs to a Socket.IO server, which reads its messages");
  }
  async::run_on(s->get_strand(), [s, change = std::move(change)] {
    auto own = std::dynamic_pointer_cast<message_handler>(s->handler());
    if (own) return change(*own);
    own = std::make_shared<message_handler>(s);
    change(*own);
    s->handler(own);
  });
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

void engine_session::on_message(std::function<task<>(message)> handler) const {
  change_handler(impl_, [handler = std::move(handler)](message_handler& h) { h.set_message_handler(handler); });
}
void engine_session::on_upgrade(hook<> handler) const {
  change_handler(impl_, [handler = std::move(handler).take()](message_handler& h) { h.set_upgrade_handler(handler); });
}
void engine_session::on_close(hook<reason> handler) const {
  change_handler(impl_, [handler = std::move(handler).take()](message_handler& h) { h.set_close_handler(handler); });
}

engine_server::engine_server(http::app& app, engine_options settings)
    : impl_(std::make_shared<engine::engine_core>(app.internals()->shared_runtime(), std::move(settings))) {
  if (const auto& cookie = impl_->settings().cookie) validate(*cookie);
  impl_->app(app.internals());
  app.internals()->add_service(impl_);
}

void engine_server::on_connection(hook<engine_session> handler) const {
  impl_->handlers().session_opened.emplace_back(
      [handler = std::move(handler).take()](std::shared_ptr<engine::session> s) {
        handler(engine_session(std::move(s)));
      });
}
void engine_server::on_connection_error(hook<const connection_error&> handler) const {
  impl_->handlers().refused = std::move(handler).take();
}
void engine_server::on_initial_headers(hook<http::response&, const http::request&> handler) const {
  impl_->handlers().initial_headers = std::move(handler).take();
}
void engine_server::on_headers(hook<http::response&, const http::request&> handler) const {
  impl_->handlers().headers = std::move(handler).take();
}
void engine_server::generate_id(std::function<task<std::string>(http::request)> make) const {
  impl_->handlers().generate_id = std::move(make);
}
void engine_server::use(std::function<task<>(http::request, http::response&, next)> middleware) const {
  auto all = std::make_shared<engine::middleware_list>(*impl_->handlers().middleware);
  all->push_back(std::move(middleware));
  impl_->handlers().middleware = std::move(all);
}
std::size_t engine_server::clients_count() const noexcept { return impl_->session_count(); }
task<> engine_server::close() const { return close_engine(impl_); }

}  // namespace cosio
