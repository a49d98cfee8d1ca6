// The Engine.IO server: GETs and POSTs of long-polling that need no coroutine.
//
//   http/connection -> take_over() -> the session's strand -> taken_poll or taken_post -> exchange::finish()
//   exchange::finish() -> the connection's strand -> make_answer()
//
// As a rule nothing runs on the session's strand: then the session has taken the request when take_over() returns.

#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "engine/engine.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {

// The origin of a request, where the policy adds headers to the answer.
struct engine_core::checked_origin {
  void apply(http::response& answer) const { policy.apply(answer, request, verdict); }

  const origin_policy policy;
  const http::request request;
  const origin_verdict verdict;
};

// A GET that its session holds until there is something to send.
class engine_core::taken_poll final : public poll_request,
                                      public http::taken_request,
                                      public std::enable_shared_from_this<taken_poll> {
 public:
  taken_poll(std::shared_ptr<engine_core> by, exchange_ptr x, session_ptr s, origin_ptr origin)
      : engine_(std::move(by)),
        head_(x->head()),
        origin_(std::move(origin)),
        exchange_(std::move(x)),
        session_(std::move(s)) {}

  void forsake() noexcept override {
    const auto session = std::move(session_);
    const auto exchange = std::move(exchange_);
  }

  made make_answer() override {
    if (!origin_) return engine_->poll_answer(head_, *this, session_);
    http::response answer = engine_->poll_response(head_, *this, session_);
    origin_->apply(answer);
    return {std::move(answer)};
  }

 private:
  void on_answer() override {
    if (const auto x = std::move(exchange_)) x->finish(shared_from_this());
  }

  const std::shared_ptr<engine_core> engine_;
  const http::request head_;
  const origin_ptr origin_;  // null where the answer says nothing of it
  exchange_ptr exchange_;
  session_ptr session_;
};

// A POST whose body is there as a whole.
class engine_core::taken_post final : public http::taken_request, public std::enable_shared_from_this<taken_post> {
 public:
  taken_post(std::shared_ptr<engine_core> by, exchange_ptr x, session_ptr s, origin_ptr from)
      : engine(std::move(by)), exchange(std::move(x)), of(std::move(s)), origin(std::move(from)) {}

  // On the session's strand.
  void take(std::string body, bool binary) noexcept {
    try {
      state = of->take_post(exchange, std::move(body), binary, false);
      if (is_unfinished()) return async::spawn(exchange->strand(), "engine", finish_post(shared_from_this()));
    } catch (...) {
      thrown = std::current_exception();
    }
    finish();
  }

  bool is_unfinished() const noexcept {
    return state == session::post_state::unread || state == session::post_state::input_paused;
  }

  void finish() noexcept { exchange->finish(shared_from_this()); }

  made make_answer() override {
    if (thrown) std::rethrow_exception(thrown);
    const bool is_refused = state == session::post_state::refused;
    if (!is_refused && !origin) return engine->post_answer(exchange->head());
    http::response answer =
        is_refused ? engine->refuse_post(exchange->head(), *of) : engine->post_response(exchange->head());
    if (origin) origin->apply(answer);
    return {std::move(answer)};
  }

  const std::shared_ptr<engine_core> engine;
  const exchange_ptr exchange;
  const session_ptr of;
  const origin_ptr origin;
  session::post_state state = session::post_state::refused;
  std::exception_ptr thrown;
};

// Polls and data of a session on polling. Handshakes, refusals, middleware and predicates are left to answer().
http::service::taking engine_core::take_over(const exchange_ptr& x) {
  const bool is_get = x->head().method() == "GET";
  if (!handlers_.middleware->empty() || (!is_get && x->head().method() != "POST")) return taking::no;
  const http::request request = seen(x->head());
  origin_ptr origin;
  if (!is_plain(request)) {
    const origin_policy policy = origins();
    auto decided = policy.check_now(request);
    if (!decided || !decided->allowed()) return taking::no;
    if (policy.is_cross_origin())
      origin = std::make_shared<const checked_origin>(checked_origin{policy, request, std::move(*decided)});
  }
  const auto checked = examine(request, false, settings_, sessions_);
  const auto* const in = std::get_if<admitted>(&checked);
  if (in == nullptr || !in->of) return taking::no;
  return is_get ? take_poll(x, in->of, std::move(origin)) : take_post(x, in->of, std::move(origin));
}

http::service::taking engine_core::take_poll(const exchange_ptr& x, const session_ptr& s, origin_ptr origin) {
  const auto body = x->body_at_hand(0);
  if (!body || body->has_error()) return taking::no;
  const auto polled = std::make_shared<taken_poll>(shared_from_this(), x, s, std::move(origin));
  x->on_abort([s, which = std::weak_ptr<poll_request>(polled)] {
    if (auto aborted = which.lock()) s->post([s, aborted = std::move(aborted)] { s->on_poll_aborted(aborted); });
  });
  s->post_or_run([&at = *s, polled] {
    try {
      at.on_poll(polled);
    } catch (...) {  // no memory: its client must not wait for ever
      polled->answer(500, {});
      throw;
    }
  });
  return taking::held;
}

http::service::taking engine_core::take_post(const exchange_ptr& x, const session_ptr& s, origin_ptr origin) {
  std::string joined;
  const bool octets = http::header_of(x->head(), "content-type", joined) == "application/octet-stream";
  if (octets && s->revision() != wire::revision::v3) return taking::no;
  auto body = x->body_at_hand(settings_.max_payload);
  if (!body || body->has_error()) return taking::no;
  const auto post = std::make_shared<taken_post>(shared_from_this(), x, s, std::move(origin));
  s->post_or_run([post, octets, bytes = std::move(**body)]() mutable { post->take(std::move(bytes), octets); });
  return taking::in_turn;
}

// Reads the rest of a payload that takes more than one turn.
task<> engine_core::finish_post(std::shared_ptr<taken_post> post) {
  try {
    while (post->is_unfinished()) {
      if (post->state == session::post_state::input_paused) co_await until_reading(post->of);
      auto go_on = [s = post->of, x = post->exchange] { return s->continue_post(x); };
      post->state = co_await async::call_on(post->of->get_strand(), std::move(go_on));
    }
  } catch (...) {
    post->thrown = std::current_exception();
  }
  post->finish();
}

}  // namespace cosio::inline v0_2::engine
