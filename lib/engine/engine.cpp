// The Engine.IO server: plain requests.

#include "engine/engine.hpp"

#include <boost/asio/post.hpp>

#include <utility>

#include "async/hop.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "base/sid.hpp"
#include "engine/flush.hpp"
#include "http/compression.hpp"
#include "http/request_data.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;

// Old versions of Internet Explorer look for scripts in answers.
bool needs_xss_header(std::string_view agent) {
  return agent.find(";MSIE") != std::string_view::npos || agent.find("Trident/") != std::string_view::npos;
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
  if (settings.per_message_deflate) check(*settings.per_message_deflate);
  runtime_ = std::move(runtime);
  settings_ = std::move(settings);
  origins(settings_.origins);
  visitors_ = std::make_shared<visitors>(settings_);
  prefix_ = path_prefix(settings_);
  proxies_.reset();
  if (!settings_.trusted_proxies.empty()) proxies_.emplace(settings_.trusted_proxies);
}

origin_policy engine_core::origins() const {
  const base::lock_guard lock(origins_mutex_);
  return origins_;
}

void engine_core::origins(origin_policy policy) {
  const base::lock_guard lock(origins_mutex_);
  origins_ = std::move(policy);
}

bool engine_core::owns(std::string_view target) const noexcept { return target.starts_with(prefix_); }

bool engine_core::may_hold(const http::request& head) const noexcept {
  return head.method() == "GET" && head.query("sid").has_value();
}

task<http::response> engine_core::answer(exchange_ptr x) {
  const http::request request = seen(x->head());
  // The fast path: no CORS policy, no Origin header, no middleware.
  const bool is_plain = handlers_.middleware->empty() && !request.has_header("origin") && !origins().is_cross_origin();
  if (is_plain) return answer_checked(shared_from_this(), std::move(x), request);
  return answer_request(shared_from_this(), std::move(x));
}

task<http::response> engine_core::answer_request(std::shared_ptr<engine_core> self, exchange_ptr x) {
  const http::request request = self->seen(x->head());
  const origin_policy origins = self->origins();
  const auto origin = co_await origins.check(request);
  if (request.method() == "OPTIONS" && origins.is_cross_origin()) co_return origins.preflight(request, origin);

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
    answer = self->refuse(request, refused(refusal_code::bad_request, "MIDDLEWARE_FAILURE"));
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
  return refuse(request,
                refused(refusal_code::forbidden, "ORIGIN_NOT_ALLOWED: " + origin.explanation(), origin.message()));
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
  counters_->add(base::counter::refused + static_cast<std::size_t>(wire_code(why.code)));
  if (base::logs(log_level::debug)) {
    const std::string_view what = refusal_message(why.code);
    base::log(log_level::debug, "engine",
              "refused " + std::string(request.remote_address()) + ": " + std::string(what) + " (" + why.context + ")",
              {{"address", request.remote_address()}, {"refusal", what}, {"detail", why.context}});
  }
  if (!handlers_.refused) return;
  base::guarded("engine", [&] {
    handlers_.refused(
        connection_error(request, wire_code(why.code), std::string(refusal_message(why.code)), why.context));
  });
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
  for (const session_ptr& s : sessions_.all()) s->post_close_or_forsake(reason(reason::kind::forced_close));
}

// A browser fetches a script without an Origin header, even for a foreign page, which could then read the session. So
// the page is found in other headers.
task<std::optional<refused>> engine_core::check_jsonp_origin(std::shared_ptr<engine_core> self, http::request request) {
  const auto page = jsonp_page(request);
  if (!page) co_return std::nullopt;
  const origin_policy origins = self->origins();
  const auto origin = co_await origins.check(*page);
  if (origin.allowed()) co_return std::nullopt;
  co_return refused(refusal_code::forbidden, "ORIGIN_NOT_ALLOWED: JSONP, " + origin.explanation(), origin.message());
}

// The limit of waiting handshakes, then allow_request.
task<std::optional<refused>> engine_core::ask_application(std::shared_ptr<engine_core> self, http::request request) {
  if (self->closing_) co_return refused(refusal_code::bad_request, "SERVER_CLOSING");
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
  return refused(refusal_code::forbidden, "LIMIT_REACHED: options." + std::string(to_string(which)), std::move(what));
}

// Asks allow_request. The message of its exception is the message that the client gets.
task<std::optional<refused>> engine_core::ask_allow_request(std::shared_ptr<engine_core> self, http::request request) {
  std::optional<refused> no;
  try {
    const bool allowed = co_await self->settings_.allow_request(std::move(request));
    if (!allowed) no.emplace(refusal_code::forbidden, "ALLOW_REQUEST");
  } catch (const std::exception& e) {
    no.emplace(refusal_code::forbidden, "ALLOW_REQUEST", e.what());
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
  } catch (const std::exception& e) {
    problem = e.what();
  }
  if (!problem.empty() || sid.empty()) {
    base::log(log_level::error, "engine", "generate_id failed: " + (problem.empty() ? "an empty id" : problem));
    co_return refused(refusal_code::bad_request, "ID_GENERATION_ERROR");
  }
  const std::string address(request.remote_address());
  const auto full = self->visitors_->opened(address);
  if (full) co_return self->over_limit(*full);
  session_ptr made;
  bool added = false;
  try {
    made = std::make_shared<session>(self, std::move(strand), sid, std::get<wire::revision>(protocol),
                                     std::move(request), asked.base64);
    added = self->sessions_.add(made);
  } catch (...) {
    self->visitors_->closed(address);
    throw;
  }
  if (!added) {
    self->visitors_->closed(address);
    base::log(log_level::error, "engine", "generate_id made an id that is in use: the handshake is refused");
    co_return refused(refusal_code::bad_request, "ID_GENERATION_ERROR: duplicate");
  }
  if (self->closing_) {  // since the check before: close() may have missed this session
    self->remove_session(sid);
    co_return refused(refusal_code::bad_request, "SERVER_CLOSING");
  }
  co_return made;
}

void engine_core::close_unanswered(session& s) {
  s.post_close(reason(reason::kind::transport_error, "the handshake could not be answered"), true);
}

task<http::response> engine_core::open_polling(std::shared_ptr<engine_core> self, http::request request,
                                               question asked) {
  const auto foreign = co_await check_jsonp_origin(self, request);
  if (foreign) co_return self->refuse(request, *foreign);
  const auto no = co_await ask_application(self, request);
  if (no) co_return self->refuse(request, *no);
  const maker made = co_await make_session(self, request, asked, self->runtime_->make_strand());
  if (const auto* why = std::get_if<refused>(&made)) co_return self->refuse(request, *why);

  const session_ptr s = std::get<session_ptr>(made);
  auto open = [self, s]() -> polling_transport::payload {
    if (s->current_state() != session::state::open) return {};  // close() came first
    const flush_scope scope(s.get());
    s->open(open_packet(s->id(), false, s->revision(), self->settings_));
    auto payload = s->take_open_payload();  // only what is queued now: the open packet and initial_packet
    self->tell_opened(s);
    return payload;
  };
  polling_transport::payload first;
  try {
    auto opening = async::call_on(s->get_strand(), std::move(open));
    first = co_await std::move(opening);
  } catch (...) {
    close_unanswered(*s);
    throw;
  }
  if (first.body.empty()) co_return self->refuse(request, refused(refusal_code::bad_request, "SERVER_CLOSING"));
  http::response answer = self->polling_response(request, 200, std::move(first.body), first.binary, true);
  if (const auto& cookie = self->settings_.cookie) answer.add("Set-Cookie", set_cookie(*cookie, s->id()));
  self->let_change(self->handlers_.initial_headers, answer, request);
  self->let_change(self->handlers_.headers, answer, request);
  co_return answer;
}

http::response engine_core::polling_response(const http::request& request, unsigned status, std::string body,
                                             bool binary, bool compress) const {
  if (status != 200) return http::response(status);
  http::response answer(200, std::move(body), binary ? "application/octet-stream" : "text/plain; charset=UTF-8");
  answer.set("cache-control", "no-store");
  const auto& compression = settings_.http_compression;
  if (compress && compression && answer.body().size() >= compression->threshold)
    http::compress_for(answer, request.header("accept-encoding"));
  std::string joined;
  if (needs_xss_header(http::header_of(request, "user-agent", joined))) answer.set("X-XSS-Protection", "0");
  return answer;
}

task<http::response> engine_core::poll(std::shared_ptr<engine_core> self, exchange_ptr x, session_ptr s) {
  const auto request = std::make_shared<poll_request>();
  auto hand_out = [request, x, s](std::shared_ptr<async::suspension> waiting) {
    request->awaited_by(std::move(waiting));
    x->on_abort([s, which = std::weak_ptr(request)] {
      if (auto aborted = which.lock())
        asio::post(s->get_strand(), [s, aborted = std::move(aborted)] { s->on_poll_aborted(aborted); });
    });
    asio::post(s->get_strand(), [s, request] { s->on_poll(request); });
  };
  const boost::system::error_code cancelled = co_await async::suspend(std::move(hand_out));
  x->on_abort({});
  if (cancelled == boost::system::errc::not_enough_memory) throw boost::system::system_error(cancelled);
  if (cancelled) asio::post(s->get_strand(), [s, request] { s->on_poll_aborted(request); });  // the client has left
  const unsigned status = request->status() == 0 ? 500 : request->status();
  http::response answer =
      self->polling_response(x->head(), status, request->take_body(), request->binary(), request->compress());
  if (status == 200) self->let_change(self->handlers_.headers, answer, x->head());
  co_return answer;
}

task<http::response> engine_core::post(std::shared_ptr<engine_core> self, exchange_ptr x, session_ptr s) {
  std::string joined;
  const bool octets = http::header_of(x->head(), "content-type", joined) == "application/octet-stream";
  const bool fits = !octets || s->revision() == wire::revision::v3;
  // A body that is there already needs no announcement.
  std::optional<result<std::string>> body;
  if (fits) body = x->body_at_hand(self->settings_.max_payload);
  const bool announced = !body;
  if (announced) {
    auto begin = [s, x] { return s->begin_post(x); };
    const bool begun = co_await async::call_on(s->get_strand(), std::move(begin));
    if (!begun) co_return http::response(400);
    if (!fits) {
      s->post_close(reason(reason::kind::transport_error, "binary content of a polling body needs revision 3"), true);
      co_return http::response(400);
    }
    body = co_await x->body(self->settings_.max_payload);
  }
  const unsigned status = body->has_value() ? 200 : body->error().code == errc::payload_too_large ? 413 : 400;
  if (status == 413) self->counters_->hit(base::limit::max_payload);
  auto take = [s, x, body = std::move(*body), octets, announced] { return s->take_post(x, body, octets, announced); };
  const auto taken = co_await async::call_on(s->get_strand(), std::move(take));
  if (taken == session::post_state::refused) co_return http::response(400);
  if (taken == session::post_state::input_paused) {
    auto wait = [s](std::shared_ptr<async::suspension> waiting) {
      asio::post(s->get_strand(),
                 [s, waiting = std::move(waiting)]() mutable { s->end_when_reading(std::move(waiting)); });
    };
    co_await async::suspend(std::move(wait));
  }
  if (status != 200) co_return http::response(status);
  http::response answer(200, "ok", "text/html");
  answer.set("cache-control", "no-store");
  self->let_change(self->handlers_.headers, answer, x->head());
  co_return answer;
}

void engine_core::remove_session(const std::string& sid) noexcept {
  if (const session_ptr gone = sessions_.remove(sid)) visitors_->closed(gone->request().remote_address());
  std::vector<std::weak_ptr<async::suspension>> done;
  {
    const base::lock_guard lock(drains_mutex_);
    if (drains_.empty() || sessions_.size() != 0) return;
    done.swap(drains_);
  }
  for (const auto& one : done)
    if (const auto waiting = one.lock()) waiting->end();
}

task<> engine_core::drain(std::shared_ptr<engine_core> self, reason why, async::duration within) {
  self->closing_ = true;
  for (const session_ptr& s : self->sessions_.all()) s->post_close(why, false);
  auto until_empty = [self](const std::weak_ptr<async::suspension>& waiting) {
    {
      const base::lock_guard lock(self->drains_mutex_);
      self->drains_.push_back(waiting);
    }
    if (self->sessions_.size() != 0) return;
    if (const auto still = waiting.lock()) still->end();
  };
  auto& timers = self->timers();
  co_await async::wait_until(timers, timers.now() + within, std::move(until_empty));
}

task<> engine_core::close(std::shared_ptr<engine_core> self, reason why) {
  self->closing_ = true;
  const auto ending = std::make_shared<async::gate>();
  for (const session_ptr& s : self->sessions_.all())
    asio::post(s->get_strand(), [s, why, pass = async::gate::pass(ending)] { s->close(why, true); });
  co_await ending->wait_for_zero();
  co_await self->connections_->wait_for_zero();
}

}  // namespace cosio::engine
