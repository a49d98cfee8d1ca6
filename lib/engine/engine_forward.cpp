// The Engine.IO server: requests of sessions of other servers.
//
//   answer() or upgrade() -> elsewhere() -> pass_on() or tunnel_to() -> http/node_client
//
// Without forwarding none of this runs. A request that is passed on is checked by the server that gets it: origin,
// middleware and session are all asked there, so the client gets the very answer that it would get from that server.

#include <cosio/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "engine/engine.hpp"
#include "engine/forwarder.hpp"
#include "engine/handshake.hpp"

namespace cosio::inline v0_2::engine {
namespace {

http::response full_answer() {
  http::response answer(503, "too many requests are passed on to other servers\n");
  answer.set("cache-control", "no-store");
  answer.set("Retry-After", "1");
  return answer;
}

http::response closing_answer() {
  http::response answer(503, "the server is closing\n");
  answer.set("Connection", "close");
  return answer;
}

}  // namespace

void engine_core::forward(std::shared_ptr<forwarder> others) {
  if (forwarder_)
    throw error(errc::bad_argument,
                "this engine passes requests on already: keep the cosio::forwarding that was made "
                "first, and change its list with nodes()");
  others->belongs_to(settings_);
  forwarder_ = std::move(others);
}

http::request engine_core::seen(const http::request& request) const {
  if (forwarder_) {
    if (auto passed_on = forwarder_->seen(request)) return *passed_on;
  }
  return proxies_ ? proxies_->seen_through(request) : request;
}

// A session that is here, or ended here, is nobody else's.
std::shared_ptr<http::node_client> engine_core::elsewhere(const http::request& head) const {
  if (!forwarder_) return nullptr;
  const question asked(head);
  if (asked.sid.empty() || sessions_.find(asked.sid)) return nullptr;
  const bool is_of_session = head.method() == "GET" || head.method() == "POST";
  return is_of_session ? forwarder_->owner_of(head, asked.sid, runtime_) : nullptr;
}

task<http::response> engine_core::pass_on(std::shared_ptr<engine_core> self, exchange_ptr x,
                                          std::shared_ptr<http::node_client> to) {
  const auto counts = self->forwarder_->shared_counts();
  const auto entered = self->forwarder_->enter(question(x->head()).sid);
  if (!entered) {
    ++counts->refused;
    co_return full_answer();
  }
  std::string body;
  http::counted_bytes kept(self->forwarder_->shared_counts());
  if (x->head().method() == "POST") {
    // Nobody knows yet whether there is such a session.
    const auto place = self->forwarder_->unread().begin(x);
    auto read = co_await x->body(self->settings_.max_payload);
    const bool has_room = read ? kept.add(read->size()) : !place->is_dropped();
    if (!has_room) {
      ++counts->refused;
      co_return full_answer();
    }
    if (!read) {
      const unsigned status = http::status_of_body(read.error().code);
      if (status == 413) self->counters_->hit(base::limit::max_payload);
      co_return http::response(status);
    }
    body = std::move(*read);
  }
  const auto call = std::make_shared<http::node_call>();
  const auto under_way = self->forwarder_->begin(call);
  if (!under_way) co_return closing_answer();
  x->on_abort([call] { call->cut(); });
  std::string mark = self->forwarder_->mark(*to, self->seen(x->head()));
  auto asking = http::node_client::ask(std::move(to), x->head(), std::move(mark), std::move(body), false, call);
  const auto got = co_await std::move(asking);
  x->on_abort({});
  co_return std::move(got->answer);
}

task<std::optional<http::response>> engine_core::tunnel_to(std::shared_ptr<engine_core> self, exchange_ptr x,
                                                           std::shared_ptr<http::node_client> to) {
  const auto entered = self->forwarder_->enter(question(x->head()).sid);
  if (!entered) {
    ++self->forwarder_->shared_counts()->refused;
    co_return full_answer();
  }
  const auto call = std::make_shared<http::node_call>();
  const auto under_way = self->forwarder_->begin(call);
  if (!under_way) co_return closing_answer();
  x->on_abort([call] { call->cut(); });
  std::string mark = self->forwarder_->mark(*to, self->seen(x->head()));
  auto asking = http::node_client::ask(std::move(to), x->head(), std::move(mark), std::string(), true, call);
  const auto got = co_await std::move(asking);
  x->on_abort({});
  if (!got->stream) {
    got->answer.set("Connection", "close");
    co_return std::move(got->answer);
  }
  http::upgraded_stream taken = x->take_stream();
  auto pass = std::make_shared<async::gate::pass>(self->connections_);
  auto ended = [counts = self->forwarder_->shared_counts(), place = got->place,
                pass = std::move(pass)](std::uint64_t bytes) { counts->bytes += bytes; };
  const std::shared_ptr<async::deadlines> timers(self->runtime_, &self->timers());
  const auto carrier = http::tunnel::start(x->strand(), timers, {std::move(taken.stream), std::move(got->head)},
                                           {std::move(got->stream), std::move(taken.leftover)},
                                           self->forwarder_->tunnel_idle(), std::move(ended));
  auto lasting = self->forwarder_->begin(carrier);
  if (!lasting) carrier->cut();
  carrier->keep(std::move(lasting));
  co_return std::nullopt;
}

}  // namespace cosio::inline v0_2::engine
