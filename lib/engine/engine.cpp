// The Engine.IO server: plain requests.

#include "engine/engine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "async/hop.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "base/sid.hpp"
#include "engine/advice.hpp"
#include "engine/forwarder.hpp"

namespace cosio::inline v0_2::engine {
namespace {

// The limit of the account. It leaves room for all that the limits of its parts allow: so there is none where one of
// these has none.
std::size_t client_bytes(const engine_options& settings) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 8;
  if (settings.max_client_bytes == 0 || settings.max_queued_bytes == 0 || settings.max_held_bytes == 0) return 0;
  return std::max(settings.max_client_bytes, std::min(settings.max_queued_bytes, most) +
                                                 std::min(settings.max_payload, most) +
                                                 2 * std::min(settings.max_held_bytes, most));
}

}  // namespace

std::string path_prefix(const engine_options& settings) {
  std::string path = settings.path;
  if (!path.empty() && path.back() == '/') path.pop_back();
  if (settings.add_trailing_slash) path += '/';
  return path;
}

engine_core::engine_core(std::shared_ptr<async::runtime> runtime, engine_options settings)
    : connections_(std::make_shared<async::gate>()) {
  configure(std::move(runtime), std::move(settings));
}

void engine_core::configure(std::shared_ptr<async::runtime> runtime, engine_options settings) {
  validate(settings);
  runtime_ = std::move(runtime);
  settings_ = std::move(settings);
  // Above the limit there would be nobody left to wait.
  if (settings_.max_queued_bytes != 0)
    settings_.high_water_mark = std::min(settings_.high_water_mark, settings_.max_queued_bytes);
  origins(settings_.origins);
  account_terms_ = std::make_unique<const base::account_terms>(*counters_, client_bytes(settings_));
  visitors_ = std::make_shared<visitors>(settings_);
  prefix_ = path_prefix(settings_);
  proxies_.reset();
  http::trusted_proxies proxies(settings_.trusted_proxies, settings_.proxy_header);
  if (!settings_.trusted_proxies.empty()) proxies_.emplace(std::move(proxies));
}

origin_policy engine_core::origins() const {
  const base::lock_guard lock(origins_mutex_);
  return origins_;
}

// The policy before is destroyed with the parameter, without the lock: its predicate is the application's.
void engine_core::origins(origin_policy policy) {
  const base::lock_guard lock(origins_mutex_);
  std::swap(origins_, policy);
}

bool engine_core::owns(std::string_view target) const noexcept { return target.starts_with(prefix_); }

std::string engine_core::serves() const { return (serves_socket_io_ ? "Socket.IO at " : "Engine.IO at ") + prefix_; }

bool engine_core::may_hold(const http::request& head) const {
  return head.method() == "GET" && head.query("sid").has_value();
}

// The fast path: no CORS policy, no Origin header, no middleware.
bool engine_core::is_plain(const http::request& request) const {
  return handlers_.middleware->empty() && !request.has_header("origin") && !origins().is_cross_origin();
}

task<http::response> engine_core::answer(exchange_ptr x) {
  if (auto other = elsewhere(x->head())) return pass_on(shared_from_this(), std::move(x), std::move(other));
  const http::request request = seen(x->head());
  if (is_plain(request)) return answer_checked(shared_from_this(), std::move(x), request);
  return answer_request(shared_from_this(), std::move(x));
}

task<http::response> engine_core::answer_request(std::shared_ptr<engine_core> self, exchange_ptr x) {
  const http::request request = self->seen(x->head());
  const origin_policy origins = self->origins();
  const auto origin = co_await origins.check(request);
  if (origins.answers_preflight(request)) co_return origins.preflight(request, origin);

  http::response head;
  http::response answer(500);
  auto passage = middleware_run::outcome::passed;
  if (!self->handlers_.middleware->empty()) {
    const auto chain = std::make_shared<middleware_run>(self->handlers_.middleware, request);
    passage = co_await middleware_run::run(chain);
    head = std::move(chain->head());
  }
  if (passage == middleware_run::outcome::answered) {
    answer = std::move(head);
    head = http::response();
  } else if (passage == middleware_run::outcome::failed) {
    answer = self->refuse(request, refused(refusal_kind::middleware_failure));
  } else if (origin.allowed()) {
    answer = co_await answer_checked(self, std::move(x), request);
  } else {
    answer = self->refuse_origin(request, origin);
  }
  origins.apply(answer, request, origin);
  if (!head.headers().empty()) add_headers(answer, head);
  co_return answer;
}

// The checks that come before the origin in the reference decide first.
http::response engine_core::refuse_origin(const http::request& request, const origin_verdict& origin) {
  const auto checked = examine(request, false, settings_, sessions_);
  if (const auto* no = std::get_if<refused>(&checked)) return refuse(request, *no);
  return refuse(request, refused_page(origin));
}

task<http::response> engine_core::answer_checked(std::shared_ptr<engine_core> self, exchange_ptr x,
                                                 const http::request& request) {
  auto checked = examine(request, false, self->settings_, self->sessions_);
  if (const auto* no = std::get_if<refused>(&checked)) return answer_with(self->refuse(request, *no));
  auto& in = std::get<admitted>(checked);
  if (!in.of) return open_polling(std::move(self), request, in.asked);
  if (request.method() == "GET") return poll(std::move(self), std::move(x), std::move(in.of));
  if (request.method() == "POST") return post(std::move(self), std::move(x), std::move(in.of));
  return answer_with(http::response(500));
}

task<http::response> engine_core::answer_with(http::response answer) { co_return answer; }

http::response engine_core::refuse(const http::request& request, const refused& why) {
  tell_refused(request, why);
  return http_answer(settings_.explain_refusals ? explained(why, settings_) : why);
}

void engine_core::tell_refused(const http::request& request, const refused& why) {
  counters_->add(base::counter::refused + static_cast<std::size_t>(wire_code(why.code())));
  base::guarded("engine", [&] { log_refused(request, why); });
  if (!handlers_.refused) return;
  base::guarded("engine", [&] {
    handlers_.refused(
        connection_error(request, wire_code(why.code()), std::string(refusal_message(why.code())), why.context()));
  });
}

// A refusal that somebody must change something for is told at warn, once in a while; others at debug.
void engine_core::log_refused(const http::request& request, const refused& why) const {
  const auto change = change_for(why, request);
  const std::string_view address = request.remote_address();
  const auto due = change ? base::ask_for_remark("engine", change->kind, change->subject, address) : base::due_remark();
  if (!due && !base::logs(log_level::debug, "engine")) return;
  const std::string_view what = refusal_message(why.code());
  const std::string context = why.context();
  const std::string line = "refused " + std::string(address) + ": " + std::string(what) + " (" + context + ")";
  if (!due)
    return base::log(log_level::debug, "engine", line, {{"address", address}, {"refusal", what}, {"detail", context}});
  const std::string advice = advice_for(*change, settings_, origins().is_cross_origin());
  const bool is_origin = change->kind == base::remark::origin;
  base::log_remark(due, "engine", line + (advice.empty() ? "" : ": ") + advice,
                   {{"address", address},
                    {"refusal", what},
                    {"detail", context},
                    {"origin", is_origin ? std::string_view(change->subject) : std::string_view()}});
}

void engine_core::tell_opened(const session_ptr& s) {
  for (const auto& handler : handlers_.session_opened) base::guarded("engine", [&] { handler(s); });
}

void engine_core::let_change(const std::function<void(http::response&, const http::request&)>& handler,
                             http::response& head, const http::request& request) const {
  if (handler) base::guarded("engine", [&] { handler(head, request); });
}

std::optional<std::chrono::milliseconds> engine_core::foreign_upgrade_time() const noexcept {
  return settings_.destroy_upgrade ? settings_.destroy_upgrade_timeout : std::chrono::milliseconds::max();
}

void engine_core::closing() {
  closing_ = true;
  if (forwarder_) forwarder_->stop();
  for (const session_ptr& s : sessions_.all()) s->post_close_or_forsake(reason(reason::kind::forced_close));
}

void engine_core::opening() {
  closing_ = false;
  close_answers_by_ = async::time_point::max();
  if (forwarder_) forwarder_->start();
}

// A browser fetches a script without an Origin header, even for a foreign page, which could then read the session. So
// the page is found in other headers.
task<std::optional<refused>> engine_core::check_jsonp_origin(std::shared_ptr<engine_core> self, http::request request) {
  const auto page = jsonp_page(request);
  if (!page) co_return std::nullopt;
  const origin_policy origins = self->origins();
  const auto origin = co_await origins.check(*page);
  if (origin.allowed()) co_return std::nullopt;
  co_return refused_page(origin, "JSONP, ");
}

// The limit of waiting handshakes, then allow_request.
task<std::optional<refused>> engine_core::ask_application(std::shared_ptr<engine_core> self, http::request request) {
  if (self->closing_) co_return refused(refusal_kind::server_closing);
  if (!self->settings_.allow_request) co_return std::nullopt;
  std::unique_ptr<visitors::waiting_handshake> waiting;
  const auto full = self->visitors_->begin_handshake(request.remote_address(), waiting);
  if (full) co_return self->over_limit(*full);
  auto no = co_await ask_allow_request(self, std::move(request));
  co_return no;
}

refused engine_core::over_limit(base::limit which) {
  counters_->hit(which);
  std::string what = "limit reached: ";
  what += to_string(which);
  return refused(refusal_kind::limit_reached, "options." + std::string(to_string(which)), std::move(what));
}

// Asks allow_request. The client gets the message of a refusal, and of no other exception.
task<std::optional<refused>> engine_core::ask_allow_request(std::shared_ptr<engine_core> self, http::request request) {
  std::optional<refused> no;
  try {
    const bool allowed = co_await self->settings_.allow_request.function()(std::move(request));
    if (!allowed) no.emplace(refusal_kind::allow_request);
  } catch (const refusal& r) {
    no.emplace(refusal_kind::allow_request, std::string(), r.message());
  } catch (...) {
    base::log_thrown("engine", {"allow_request threw: a handshake is refused"});
    no.emplace(refusal_kind::allow_request_failure, base::describe(std::current_exception()), "internal error");
  }
  co_return no;
}

task<engine_core::maker> engine_core::make_session(std::shared_ptr<engine_core> self, http::request request,
                                                   question asked, async::strand strand) {
  const auto protocol = protocol_of(asked, self->settings_);
  if (const auto* no = std::get_if<refused>(&protocol)) co_return *no;
  std::string sid;
  std::string problem;
  try {
    if (self->handlers_.generate_id) {
      sid = co_await self->handlers_.generate_id(request);
    } else {
      sid = base::new_sid();
    }
  } catch (...) {
    problem = base::describe(std::current_exception());
  }
  if (!problem.empty() || sid.empty()) {
    base::log(log_level::error, "engine", "generate_id failed: " + (problem.empty() ? "an empty id" : problem));
    co_return refused(refusal_kind::id_generation_error);
  }
  if (self->forwarder_)
    sid = self->forwarder_->named(std::move(sid), self->handlers_.generate_id != nullptr,
                                  std::get<wire::revision>(protocol));
  const std::string address(request.remote_address());
  const bool silent = asked.transport == "polling" && self->visitors_->counts_silent();
  const auto full = self->visitors_->opened(address);
  if (full) co_return self->over_limit(*full);
  session_ptr made;
  bool added = false;
  try {
    made = session::make(self, std::move(strand), sid, std::get<wire::revision>(protocol), std::move(request),
                         asked.base64);
    if (silent) made->begin_silent(self->visitors_->begin_silence(address, made));
    added = self->sessions_.add(made);
  } catch (...) {
    if (made) {
      self->uncount(*made);
    } else {
      self->visitors_->closed(address);
    }
    throw;
  }
  if (!added) {
    self->uncount(*made);
    base::log(log_level::error, "engine", "generate_id made an id that is in use: the handshake is refused");
    co_return refused(refusal_kind::id_generation_error, "duplicate");
  }
  if (self->closing_) {  // since the check before: close() may have missed this session
    self->remove_session(sid);
    co_return refused(refusal_kind::server_closing);
  }
  if (silent) self->end_oldest_silent(address);
  co_return made;
}

// A newcomer is served: when too many clients of its address are silent, the one that has been longest makes room.
// Without memory to tell its strand, that session has the time of every other one that nothing is heard of.
void engine_core::end_oldest_silent(std::string_view address) noexcept {
  const session_ptr oldest = visitors_->choose_silent(address);
  if (!oldest) return;
  base::guarded("engine", [&] { oldest->post([oldest] { oldest->end_if_silent(); }); });
}

void engine_core::uncount(session& gone) noexcept {
  const std::string_view address = gone.request().remote_address();
  if (gone.end_silence()) visitors_->end_silence(address, gone.silence());
  visitors_->closed(address);
}

void engine_core::close_unanswered(session& s) {
  s.post_close(reason(reason::kind::transport_error, "the handshake could not be answered"), true);
}

void engine_core::remove_session(const std::string& sid) noexcept {
  if (const session_ptr gone = sessions_.remove(sid)) uncount(*gone);
  std::vector<std::weak_ptr<async::suspension>> done;
  {
    const base::lock_guard lock(drains_mutex_);
    if (drains_.empty() || sessions_.size() != 0) return;
    done.swap(drains_);
  }
  for (const auto& one : done)
    if (const auto waiting = one.lock()) waiting->end();
}

void engine_core::heard(const session& from) noexcept {
  visitors_->end_silence(from.request().remote_address(), from.silence());
}

bool engine_core::too_many_silent() const noexcept { return visitors_->too_many_silent(); }

async::duration engine_core::time_to_answer_close() noexcept {
  const async::time_point deadline = close_answers_by_;
  const async::duration usual = settings_.close_timeout;
  if (deadline == async::time_point::max()) return usual;
  return std::clamp(deadline - timers().now(), async::duration::zero(), usual);
}

task<> engine_core::drain(std::shared_ptr<engine_core> self, reason why, async::duration within) {
  self->closing_ = true;
  for (const session_ptr& s : self->sessions_.all()) s->post([s, why] { s->drain(why); });
  auto until_empty = [self](const std::weak_ptr<async::suspension>& waiting) {
    {
      const base::lock_guard lock(self->drains_mutex_);
      self->drains_.push_back(waiting);
    }
    if (self->sessions_.size() != 0) return;
    if (const auto still = waiting.lock()) still->end();
  };
  auto& timers = self->timers();
  co_await async::wait_until(timers, timers.after(within), std::move(until_empty));
}

task<> engine_core::close(std::shared_ptr<engine_core> self, reason why) {
  self->closing_ = true;
  const auto ending = std::make_shared<async::gate>();
  for (const session_ptr& s : self->sessions_.all())
    s->post([s, why, pass = async::gate::pass(ending)] { s->close(why, true); });
  if (self->forwarder_) self->forwarder_->stop();
  co_await ending->wait_for_zero();
  co_await self->ends_->wait_for_zero();  // sessions that ended by themselves, and are in the table no more
  co_await self->connections_->wait_for_zero();
}

}  // namespace cosio::inline v0_2::engine
