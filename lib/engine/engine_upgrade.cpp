// The Engine.IO server: requests that become WebSockets.

#include <utility>

#include "async/hop.hpp"
#include "base/logger.hpp"
#include "engine/engine.hpp"
#include "engine/flush.hpp"
#include "http/node_client.hpp"

namespace cosio::inline v0_2::engine {

task<std::optional<http::response>> engine_core::upgrade(exchange_ptr x) {
  if (auto other = elsewhere(x->head())) return tunnel_to(shared_from_this(), std::move(x), std::move(other));
  return upgrade_request(shared_from_this(), std::move(x));
}

http::response engine_core::refuse_upgrade(const http::request& request, const refused& why, unsigned status) {
  tell_refused(request, why);
  return upgrade_answer(settings_.explain_refusals ? explained(why, settings_) : why, status);
}

task<std::optional<http::response>> engine_core::upgrade_request(std::shared_ptr<engine_core> self, exchange_ptr x) {
  const http::request request = self->seen(x->head());
  const origin_policy origins = self->origins();
  const auto origin = co_await origins.check(request);
  http::response head;
  if (!self->handlers_.middleware->empty()) {
    const auto chain = std::make_shared<middleware_run>(self->handlers_.middleware, request);
    const auto passage = co_await middleware_run::run(chain);
    head = std::move(chain->head());
    if (passage == middleware_run::outcome::answered) co_return head;
    if (passage == middleware_run::outcome::failed)
      co_return self->refuse_upgrade(request, refused(refusal_kind::middleware_failure));
  }
  auto checked = examine(request, true, self->settings_, self->sessions_);
  if (const auto* no = std::get_if<refused>(&checked)) co_return self->refuse_upgrade(request, *no);
  if (!origin.allowed()) {
    co_return self->refuse_upgrade(request, refused_page(origin), 403);
  }
  const admitted in = std::get<admitted>(std::move(checked));
  if (!in.of) {
    const auto no = co_await ask_application(self, request);
    if (no) co_return self->refuse_upgrade(request, *no);
  }
  auto problem = websocket_problem(request);
  if (problem) co_return problem;
  const auto deflate = agree_on_deflate(request, self->settings_);
  if (deflate.has_error()) co_return extensions_problem();

  http::response extra;
  origins.apply(extra, request, origin);
  add_headers(extra, head);
  const bool wants_websocket = in.asked.transport == "websocket";
  const async::strand strand = in.of ? in.of->get_strand() : x->strand();
  session_ptr s = in.of;
  if (!s && wants_websocket) {
    const maker made = co_await make_session(self, request, in.asked, strand);
    if (const auto* why = std::get_if<refused>(&made)) co_return self->refuse_upgrade(request, *why);
    s = std::get<session_ptr>(made);
  }
  try {
    self->switch_protocols(*x, wants_websocket ? s : nullptr, !in.of, extra, *deflate);
  } catch (...) {  // no memory: the new session has no connection
    if (s && !in.of) close_unanswered(*s);
    throw;
  }
  co_return std::nullopt;
}

std::shared_ptr<websocket_transport> engine_core::take_websocket(http::exchange& x, const async::strand& strand,
                                                                 bool base64, wire::revision rev,
                                                                 const std::optional<wire::deflate_agreement>& deflate,
                                                                 std::string& leftover) {
  http::upgraded_stream taken = x.take_stream();
  leftover = std::move(taken.leftover);
  websocket_settings settings;
  settings.limits.max_message_bytes = settings_.max_payload;
  settings.revision = rev;
  settings.base64 = base64;
  settings.limits.allow_compressed = deflate.has_value();
  if (deflate && settings_.per_message_deflate)
    settings.deflate = std::make_unique<message_deflate>(*deflate, *settings_.per_message_deflate);
  return std::make_shared<websocket_transport>(std::move(taken.stream), strand, runtime_->timers(), std::move(settings),
                                               async::gate::pass(connections_));
}

// Answers 101 and gives the connection to its session. Without a session (an Upgrade request for polling), or when it
// has a WebSocket already, the new WebSocket is closed at once, as the reference does.
void engine_core::switch_protocols(http::exchange& x, const session_ptr& s, bool is_handshake,
                                   const http::response& extra, const std::optional<wire::deflate_agreement>& deflate) {
  const http::request request = seen(x.head());
  const question asked(request);
  http::response head = extra;
  if (is_handshake && s) let_change(handlers_.initial_headers, head, request);
  let_change(handlers_.headers, head, request);
  std::string leftover;
  const async::strand strand = s ? s->get_strand() : x.strand();
  const auto transport =
      take_websocket(x, strand, asked.base64, s ? s->revision() : wire::revision::v4, deflate, leftover);
  const shared_frame answer = frame::raw(switching_protocols(request, head, deflate));

  auto begin = [self = shared_from_this(), s, transport, answer, is_handshake, request,
                leftover = std::move(leftover)]() mutable {
    const flush_scope scope(s.get());
    if (s && is_handshake) {
      s->open_websocket(transport, answer, open_packet(s->id(), true, s->revision(), self->settings_));
      self->tell_opened(s);
      s->start_websocket(std::move(leftover));
      return;
    }
    transport->write_now(answer);
    if (!s || !s->start_upgrade(transport, std::move(leftover), request))
      transport->close(0, self->time_to_answer_close());
  };
  // On the session's strand. For a new session that is the connection's own, where this runs already.
  async::run_on(strand, std::move(begin));
}

}  // namespace cosio::inline v0_2::engine
