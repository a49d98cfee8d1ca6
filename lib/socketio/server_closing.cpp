// The end of a server: its clients leave, its adapters, engines and its port close.

#include <algorithm>
#include <utility>

#include "async/gate.hpp"
#include "async/gate_until.hpp"
#include "async/spawn.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/later.hpp"
#include "base/logger.hpp"
#include "http/app_state.hpp"
#include "socketio/checks.hpp"
#include "socketio/client_core.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2::socketio {

std::vector<std::shared_ptr<client_core>> server_core::clients() const {
  std::vector<std::shared_ptr<client_core>> found;
  for (const auto& engine : mounting_.engines()) {
    for (const auto& session : engine->all_sessions()) {
      auto client = std::dynamic_pointer_cast<client_core>(session->shared_handler());
      if (client && &client->host() == this) found.push_back(std::move(client));
    }
  }
  {
    const base::lock_guard lock(mutex_);
    for (const auto& one : adopted_)
      if (auto client = one.lock()) found.push_back(std::move(client));  // none is destroyed with the lock held
  }
  return found;
}

// Every socket leaves, on its client's strand. Nothing is sent: a client that is told nothing connects again.
// Sessions that were adopted belong to another engine: they are closed here.
// @param kept  Gets a pass for each socket that its adapter still has to do with, where adapters keep state.
// @return a gate with a pass for each client that is not told yet.
std::shared_ptr<async::gate> server_core::close_clients(std::shared_ptr<async::gate> kept) {
  auto untold = std::make_shared<async::gate>();
  for (const auto& client : clients()) {
    client->session().post([client, kept, pass = async::gate::pass(untold), keeps = async::gate::pass(kept)] {
      client->leave_all(reason(reason::kind::server_shutting_down), kept);
      client->session().close(reason(reason::kind::forced_close), true);
    });
  }
  return untold;
}

// Holds no handle of the application while it waits.
task<> server_core::close_own_app(async::time_point until) {
  auto own = mounting_.own_app();
  if (!own) return async::nothing();
  if (until == async::time_point::max()) return own->close();
  return own->close(std::chrono::duration_cast<std::chrono::milliseconds>(until - timers().now()));
}

namespace {

// While it exists, no adapter of the server's namespaces opens.
class closing_scope {
 public:
  explicit closing_scope(std::shared_ptr<nsp_table> of) : of_(std::move(of)), all_(of_->begin_close()) {}
  closing_scope(const closing_scope&) = delete;
  closing_scope& operator=(const closing_scope&) = delete;
  ~closing_scope() { of_->end_close(); }
  const std::vector<std::shared_ptr<nsp_core>>& namespaces() const noexcept { return all_; }

 private:
  const std::shared_ptr<nsp_table> of_;
  const std::vector<std::shared_ptr<nsp_core>> all_;
};

}  // namespace

// The state of clients is kept while the adapters are open. An adapter that cannot do it holds nobody up for long.
task<> server_core::until_kept(std::shared_ptr<server_core> self, std::shared_ptr<async::gate> kept,
                               async::time_point until) {
  async::deadlines& timers = self->timers();
  const auto patience = timers.after(self->settings().close_timeout);
  auto waiting = async::wait_for_zero_until(std::move(kept), timers, std::min(until, patience));
  co_await std::move(waiting);
}

task<> server_core::close(std::shared_ptr<server_core> self, async::time_point until) {
  const auto engines = self->mounting_.engines();
  for (const auto& engine : engines) engine->refuse_sessions(until);  // from now on nothing is adopted, or spawned
  self->background_->stop();
  const auto kept = std::make_shared<async::gate>();
  const auto untold = self->close_clients(kept);
  if (self->settings().connection_state_recovery) co_await until_kept(self, kept, until);
  const closing_scope closing(self->namespaces_);
  for (const auto& nsp : closing.namespaces()) co_await adapter_line::until_done(nsp->adapter_line());
  for (const auto& engine : engines) co_await engine::engine_core::close(engine, reason(reason::kind::forced_close));
  co_await untold->wait_for_zero();
  co_await background::until_ended(self->background_, self->timers(), until);
  auto own = self->close_own_app(until);
  co_await std::move(own);
}

// The application of a server that shares a port closes it: see server::run_until_signal().
task<> server_core::leave_port(const close_options& how) {
  const auto own = mounting_.own_app();
  if (!own) return async::nothing();
  return http::app::state::leave_port(own->internals(), how.keep_port, how.deadline);
}

task<> server_core::drain(std::shared_ptr<server_core> self, close_options how) {
  if (!how.event.empty()) check_emit(how.event, emit_flags(), event_data());
  const auto until = self->timers().after(how.deadline);
  auto leaving = self->leave_port(how);
  co_await std::move(leaving);
  const auto engines = self->mounting_.engines();
  for (const auto& engine : engines) engine->refuse_sessions(until);
  self->background_->stop();
  constexpr std::chrono::milliseconds none{0};
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
  const auto spread = std::clamp(how.spread, none, std::clamp(how.deadline, none, longest));
  if (!how.event.empty()) co_await tell_everybody(self, how.event, spread);
  const auto answer_time = std::clamp(how.answer_time, none, longest);
  co_await drain_clients(self, until, spread, answer_time);
  for (const auto& engine : engines) {
    const auto left = std::max(until - self->timers().now(), async::duration::zero());
    co_await engine::engine_core::drain(engine, reason(reason::kind::forced_close), left);
  }
  auto closing = close(self, until);
  co_await std::move(closing);
}

task<> server_core::tell_everybody(std::shared_ptr<server_core> self, std::string event,
                                   std::chrono::milliseconds spread) {
  for (const auto& nsp : self->all()) {
    target here;
    here.flags.local = true;
    try {
      auto packet = nsp->encode(event, detail::encode_event(event, spread.count()), std::nullopt, here.flags);
      auto telling = nsp->adapter().broadcast(std::move(packet), std::move(here));
      co_await std::move(telling);
    } catch (...) {  // the other namespaces are still told, and the server closes
      async::report("socketio", std::current_exception());
    }
  }
}

namespace {

// Held by every client that is drained. The last one that is destroyed ends the wait.
struct last_of_all {
  last_of_all() = default;
  last_of_all(const last_of_all&) = delete;
  last_of_all& operator=(const last_of_all&) = delete;
  ~last_of_all() {
    if (const auto still = waiting.lock()) still->end();
  }
  std::weak_ptr<async::suspension> waiting;
};

}  // namespace

// Drains one client after the other, evenly over `spread`. Then waits until all have gone, or the time is over.
task<> server_core::drain_clients(std::shared_ptr<server_core> self, async::time_point until,
                                  std::chrono::milliseconds spread, std::chrono::milliseconds answer_time) {
  const auto leaving = self->clients();
  const auto begin = self->timers().now();
  auto present = std::make_shared<last_of_all>();
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    const auto at = begin + spread * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(leaving.size());
    if (at > self->timers().now()) co_await async::wait_until(self->timers(), at);
    const auto answers_by = std::min(base::later(self->timers().now(), answer_time), until);
    leaving[i]->session().post([client = leaving[i], present, answers_by] {
      client->drain(reason(reason::kind::server_shutting_down), answers_by, present);
    });
  }
  auto until_last = [last = std::move(present)](std::weak_ptr<async::suspension> waiting) mutable {
    last->waiting = std::move(waiting);
    last = nullptr;
  };
  co_await async::wait_until(self->timers(), until, std::move(until_last));
}

}  // namespace cosio::inline v0_2::socketio
