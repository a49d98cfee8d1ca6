// The manager of a client: its connection and reconnection.

#include "client/manager_core.hpp"

#include <chrono>
#include <utility>

#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "base/option_rules.hpp"

namespace cosio::inline v0_2::clients {
namespace {

using namespace std::chrono_literals;

manager_options checked_settings(manager_options settings) {
  if (settings.protocol != 4 && settings.protocol != 5)
    base::refuse_option("protocol", std::to_string(settings.protocol), "4 or 5");
  settings.connection.revision = settings.protocol == 4 ? 3 : 4;
  base::require_time("reconnection_delay", settings.reconnection_delay, 0ms);
  base::require_time("reconnection_delay_max", settings.reconnection_delay_max, 0ms);
  if (!(settings.randomization_factor >= 0 && settings.randomization_factor <= 1))
    base::refuse_option("randomization_factor", std::to_string(settings.randomization_factor), "a number from 0 to 1");
  base::require_number("max_handlers_in_flight", settings.max_handlers_in_flight, 1);
  return settings;
}

client_reason reason_of(const reason& why) {
  using from = reason::kind;
  using to = client_reason::kind;
  to kind = to::transport_close;
  if (why.what() == from::transport_error) kind = to::transport_error;
  if (why.what() == from::ping_timeout) kind = to::ping_timeout;
  if (why.what() == from::parse_error) kind = to::parse_error;
  if (why.what() == from::forced_close) kind = to::forced_close;
  return client_reason(kind, why.detail());
}

bool same_place(const connection_target& a, const connection_target& b) {
  return a.url == b.url && a.query == b.query && a.headers == b.headers;
}

}  // namespace

std::shared_ptr<manager_core> manager_core::make(std::shared_ptr<async::runtime> where, std::string url,
                                                 manager_options settings, source_maker make_source) {
  auto made = std::make_shared<manager_core>(std::move(where), std::move(url), checked_settings(std::move(settings)),
                                             std::move(make_source));
  made->delay_.owned_by(made->weak_from_this());
  made->source_target_ = made->next_target();
  made->source_ = made->make_source_(made->source_target_);
  return made;
}

manager_core::manager_core(std::shared_ptr<async::runtime> where, std::string url, manager_options settings,
                           source_maker make_source)
    : where_(std::move(where)),
      strand_(where_->make_strand()),
      url_(std::move(url)),
      settings_(std::move(settings)),
      make_source_(std::move(make_source)),
      codec_(settings_),
      backoff_(settings_.reconnection_delay, settings_.reconnection_delay_max, settings_.randomization_factor) {}

// ---------------------------------------------------------------- one attempt

void manager_core::want_connection() {
  if (ended_ || state_ != state::closed || reconnecting_) return;
  if (paused_) {
    wanted_ = true;
    return;
  }
  begin_attempt();
}

connection_target manager_core::next_target() const {
  return {backoff_.attempts(), url_, settings_.connection.query, settings_.connection.extra_headers};
}

void manager_core::begin_attempt() {
  state_ = state::opening;
  skips_reconnect_ = false;
  wanted_ = false;
  ++attempt_;
  count(&client_metrics::attempts);
  if (settings_.on_attempt) return async::spawn(strand_, "socketio", ask_target(shared_from_this(), attempt_));
  dial(next_target());
}

task<> manager_core::ask_target(self_ptr self, std::uint64_t attempt) {
  connection_target to;
  std::exception_ptr thrown;
  try {
    auto asked = self->settings_.on_attempt.function()(self->next_target());
    to = co_await std::move(asked);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (self->attempt_ != attempt || self->state_ != state::opening || self->ended_) co_return;
  if (thrown) {
    self->attempt_failed("on_attempt threw: " + base::describe(thrown));
  } else {
    self->dial(to);
  }
}

void manager_core::dial(const connection_target& to) {
  try {
    if (!same_place(to, source_target_)) {
      source_ = make_source_(to);
      source_target_ = to;
    }
    ear_ = std::make_shared<connection_ear>(weak_from_this());
    ear_->engine = source_->make(strand_, ear_);
    ear_->engine->open();
  } catch (const std::exception& e) {
    attempt_failed(e.what());
  }
}

void manager_core::attempt_failed(const std::string& why) {
  release_connection();
  state_ = state::closed;
  const connect_error failure(false, why);
  const bool was_reconnecting = std::exchange(reconnecting_, false);
  const bool is_last = !may_try_again();
  call_hooks(on_error, failure);
  for (const auto& each : sockets()) each->on_attempt_failed(failure, is_last);
  if (was_reconnecting) call_hooks(on_reconnect_error, failure);
  if (ended_ || state_ != state::closed || reconnecting_) return;  // a handler has decided otherwise
  if (settings_.reconnection) schedule_reconnect();
}

bool manager_core::may_try_again() const noexcept {
  if (!settings_.reconnection || skips_reconnect_) return false;
  return !settings_.reconnection_attempts || backoff_.attempts() < *settings_.reconnection_attempts;
}

void manager_core::opened(const engine_handshake& by) {
  if (state_ != state::opening || ended_) return;
  state_ = state::open;
  connected_ = true;
  session_id_ = by.sid;
  root_id_.reset();
  codec_.reset();
  packet_bytes_ = 0;
  changed_transport(ear_->engine->transport());
  count(&client_metrics::opened);
  const std::size_t attempts = backoff_.attempts();
  const bool was_reconnecting = std::exchange(reconnecting_, false);
  backoff_.reset();
  call_hooks(on_open);
  for (const auto& each : sockets()) each->on_open();
  if (was_reconnecting && state_ == state::open) call_hooks(on_reconnect, attempts);
}

void manager_core::changed_transport(std::string_view to) {
  const base::lock_guard lock(mutex_);
  transport_ = to;
}

void manager_core::ended(const engine_end& how) {
  if (state_ == state::opening) {
    attempt_failed(how.why.detail().empty() ? std::string(how.why.text()) : how.why.detail());
  } else if (state_ == state::open) {
    connection_lost(reason_of(how.why));
  }
}

void manager_core::connection_lost(const client_reason& why) {
  if (state_ == state::closed) return;
  const bool was_open = state_ == state::open;
  release_connection();
  state_ = state::closed;
  backoff_.reset();
  if (was_open) {
    count(&client_metrics::lost);
    call_hooks(on_close, why);
  }
  for (const auto& each : sockets()) each->on_connection_lost(why);
  if (settings_.reconnection && state_ == state::closed) schedule_reconnect();
}

// A connection that still stands is closed in order: what was sent is written.
void manager_core::release_connection() {
  ++attempt_;
  connected_ = false;
  changed_transport({});
  root_id_.reset();
  drained();
  const auto gone = std::exchange(ear_, nullptr);
  if (!gone) return;
  gone->let_go();
  if (!gone->engine || gone->closed->is_settled()) return;
  if (state_ == state::opening) return gone->engine->drop();
  const auto limit = where_->timers().after(settings_.connection.close_timeout + 1s);
  async::spawn(strand_, "socketio", hold_closing(where_, gone, limit));
}

task<> manager_core::hold_closing(std::shared_ptr<async::runtime> where, std::shared_ptr<connection_ear> held,
                                  async::time_point limit) {
  auto begin = [weak = std::weak_ptr<connection_ear>(held)] {
    if (const auto alive = weak.lock()) alive->engine->close();
  };
  auto closed = wait_for_result(where, held->closed, limit, std::move(begin));
  co_await std::move(closed);
  held->engine->drop();
}

// ---------------------------------------------------------------- reconnection

void manager_core::schedule_reconnect() {
  if (reconnecting_ || skips_reconnect_ || ended_) return;
  if (!may_try_again()) {
    backoff_.reset();
    for (const auto& each : sockets()) each->on_given_up();
    return call_hooks(on_reconnect_failed);
  }
  std::uniform_real_distribution<double> even(0, 1);
  const auto delay = backoff_.next(even(chance_));
  reconnecting_ = true;
  waits_for_delay_ = true;
  if (!paused_) where_->timers().arm_after(delay_, delay);
}

void manager_core::on_delay_over() {
  if (!reconnecting_ || !waits_for_delay_ || paused_ || ended_ || state_ != state::closed) return;
  waits_for_delay_ = false;
  call_hooks(on_reconnect_attempt, backoff_.attempts());
  if (!reconnecting_ || skips_reconnect_ || paused_ || ended_ || state_ != state::closed) return;
  begin_attempt();
}

void manager_core::reconnect_now() {
  async::run_on(strand_, [self = shared_from_this()] {
    if (!self->reconnecting_ || !self->waits_for_delay_ || self->paused_) return;
    self->where_->timers().disarm(self->delay_);
    self->backoff_.reset();
    self->backoff_.next(0);
    self->on_delay_over();
  });
}

void manager_core::pause() {
  async::run_on(strand_, [self = shared_from_this()] {
    self->paused_ = true;
    self->where_->timers().disarm(self->delay_);
  });
}

void manager_core::resume() {
  async::run_on(strand_, [self = shared_from_this()] {
    if (!std::exchange(self->paused_, false) || self->ended_) return;
    if (self->reconnecting_) return self->on_delay_over();
    if (self->wanted_) self->want_connection();
  });
}

// ---------------------------------------------------------------- the end

void manager_core::left() {
  for (const auto& each : sockets())
    if (each->active()) return;
  do_close();
}

void manager_core::close() {
  async::run_on(strand_, [self = shared_from_this()] {
    self->do_close();
    for (const auto& each : self->sockets()) each->on_given_up();
  });
}

void manager_core::do_close() {
  skips_reconnect_ = true;
  reconnecting_ = false;
  waits_for_delay_ = false;
  wanted_ = false;
  where_->timers().disarm(delay_);
  backoff_.reset();
  connection_lost(client_reason::kind::forced_close);
}

void manager_core::end() noexcept {
  if (ended_.exchange(true)) return;
  base::guarded("socketio", [this] {
    for (const auto& each : sockets()) each->close_registrations();
    on_open->close();
    on_close->close();
    on_error->close();
    on_ping->close();
    on_reconnect_attempt->close();
    on_reconnect->close();
    on_reconnect_error->close();
    on_reconnect_failed->close();
    async::run_on(strand_, [self = shared_from_this()] { self->on_end(); });
  });
}

void manager_core::on_end() {
  std::map<std::string, std::shared_ptr<socket_core>, std::less<>> gone;
  {
    const base::lock_guard lock(mutex_);
    gone.swap(sockets_);
  }
  for (const auto& [nsp, each] : gone) each->on_end();
  do_close();
  held_.clear();
  held_bytes_ = 0;
}

}  // namespace cosio::inline v0_2::clients
