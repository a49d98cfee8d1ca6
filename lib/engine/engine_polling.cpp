// The Engine.IO server: long-polling, from the handshake to GET and POST.

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "engine/engine.hpp"
#include "engine/flush.hpp"
#include "http/compression.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {
namespace {

// Ready lines of heads: what polling_response() and post_response() set.
constexpr std::string_view text_fields = "Content-Type: text/plain; charset=UTF-8\r\ncache-control: no-store\r\n";
constexpr std::string_view binary_fields = "Content-Type: application/octet-stream\r\ncache-control: no-store\r\n";
constexpr std::string_view posted_fields = "Content-Type: text/html\r\ncache-control: no-store\r\n";

// Old versions of Internet Explorer look for scripts in answers.
bool needs_xss_header(const http::request& request) {
  std::string joined;
  const std::string_view agent = http::header_of(request, "user-agent", joined);
  return agent.find(";MSIE") != std::string_view::npos || agent.find("Trident/") != std::string_view::npos;
}

// One packet of the application that is larger than the limit by itself refuses its client nothing else.
base::counted_in place_of(std::size_t bytes, const engine_options& settings) noexcept {
  const bool is_large =
      settings.max_queued_bytes != 0 && bytes > std::max(settings.max_queued_bytes, settings.max_payload);
  return is_large ? base::counted_in::sums : base::counted_in::limit;
}

// The body of a large answer counts as queued until it has left.
void charge_body(http::response& answer, const std::shared_ptr<session>& to) {
  if (answer.body().size() <= output::included_bytes) return;  // in the session's own charge
  struct charged {
    charged(std::shared_ptr<session> s, std::string b) : of(std::move(s)), bytes(std::move(b)) {
      of->account().add(base::kept::frames, bytes.capacity(), place);
    }
    charged(const charged&) = delete;
    charged& operator=(const charged&) = delete;
    ~charged() { of->account().give_back(base::kept::frames, bytes.capacity(), place); }
    const std::shared_ptr<session> of;
    const std::string bytes;
    const base::counted_in place = place_of(bytes.size(), of->host_ptr()->settings());
  };
  const auto kept = std::make_shared<const charged>(to, answer.take_body());
  answer.body(std::shared_ptr<const std::string>(kept, &kept->bytes));
}

}  // namespace

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
  if (first.body.empty()) co_return self->refuse(request, refused(refusal_kind::server_closing));
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
  if (may_compress(answer.body().size(), compress)) http::compress_for(answer, request.header("accept-encoding"));
  if (needs_xss_header(request)) answer.set("X-XSS-Protection", "0");
  return answer;
}

bool engine_core::may_compress(std::size_t bytes, bool compress) const noexcept {
  const auto& compression = settings_.http_compression;
  return compress && compression && bytes >= compression->threshold;
}

task<http::response> engine_core::poll(std::shared_ptr<engine_core> self, exchange_ptr x, session_ptr s) {
  const auto request = std::make_shared<poll_request>();
  auto hand_out = [request, x, s](std::shared_ptr<async::suspension> waiting) {
    request->awaited_by(std::move(waiting));
    x->on_abort([s, which = std::weak_ptr(request)] {
      if (auto aborted = which.lock()) s->post([s, aborted = std::move(aborted)] { s->on_poll_aborted(aborted); });
    });
    s->post([s, request] {
      try {
        s->on_poll(request);
      } catch (...) {  // no memory: its client must not wait for ever
        request->answer(500, {});
        throw;
      }
    });
  };
  const boost::system::error_code cancelled = co_await async::suspend(std::move(hand_out));
  x->on_abort({});
  if (cancelled == boost::system::errc::not_enough_memory) throw boost::system::system_error(cancelled);
  if (cancelled) s->post([s, request] { s->on_poll_aborted(request); });  // the client has left
  http::response answer = self->poll_response(x->head(), *request, s);
  co_return answer;
}

http::response engine_core::poll_response(const http::request& head, poll_request& polled, const session_ptr& s) {
  if (polled.refusal()) return refuse(head, *polled.refusal());
  const unsigned status = polled.status() == 0 ? 500 : polled.status();
  http::response answer = polling_response(head, status, polled.take_body(), polled.binary(), polled.compress());
  charge_body(answer, s);
  if (status == 200) let_change(handlers_.headers, answer, head);
  return answer;
}

bool engine_core::has_ready_head(const http::request& head, const poll_request& polled) const {
  return polled.status() == 200 && !polled.refusal() && !handlers_.headers &&
         !may_compress(polled.body().size(), polled.compress()) && !needs_xss_header(head);
}

http::taken_request::made engine_core::poll_answer(const http::request& head, poll_request& polled,
                                                   const session_ptr& s) {
  if (!has_ready_head(head, polled)) return {poll_response(head, polled, s)};
  http::response answer(200, polled.take_body(), {});
  charge_body(answer, s);
  return {std::move(answer), polled.binary() ? binary_fields : text_fields};
}

http::taken_request::made engine_core::post_answer(const http::request& head) const {
  if (handlers_.headers) return {post_response(head)};
  return {http::response(200, "ok", {}), posted_fields};
}

http::response engine_core::post_response(const http::request& head) const {
  http::response answer(200, "ok", "text/html");
  answer.set("cache-control", "no-store");
  let_change(handlers_.headers, answer, head);
  return answer;
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
    if (!begun) co_return self->refuse_post(x->head(), *s);
    if (!fits) {
      s->post_close(reason(reason::kind::transport_error, "binary content of a polling body needs revision 3"), true);
      co_return http::response(400);
    }
    body = co_await x->body(self->settings_.max_payload);
  }
  const unsigned status = body->has_value() ? 200 : http::status_of_body(body->error().code);
  if (status == 413) self->counters_->hit(base::limit::max_payload);
  auto take = [s, x, body = std::move(*body), octets, announced]() mutable {
    return s->take_post(x, std::move(body), octets, announced);
  };
  auto taken = co_await async::call_on(s->get_strand(), std::move(take));
  while (taken == session::post_state::unread || taken == session::post_state::input_paused) {
    if (taken == session::post_state::input_paused) co_await until_reading(s);
    auto go_on = [s, x] { return s->continue_post(x); };
    taken = co_await async::call_on(s->get_strand(), std::move(go_on));
  }
  if (taken == session::post_state::refused) co_return self->refuse_post(x->head(), *s);
  if (status != 200) co_return http::response(status);
  co_return self->post_response(x->head());
}

task<> engine_core::until_reading(session_ptr s) {
  auto wait = [s](std::shared_ptr<async::suspension> waiting) {
    s->post([s, waiting = std::move(waiting)]() mutable { s->end_when_reading(std::move(waiting)); });
  };
  co_await async::suspend(std::move(wait));
}

// The session has moved to WebSocket, or another POST is under way.
http::response engine_core::refuse_post(const http::request& head, const session& s) {
  if (!s.on_websocket()) return http::response(400);
  return refuse(head, refused(refusal_kind::transport_mismatch));
}

}  // namespace cosio::inline v0_2::engine
