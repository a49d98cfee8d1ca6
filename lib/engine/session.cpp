// One client's Engine.IO life: how it opens, on polling or on WebSocket, and its handler.

#include "engine/session.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "engine/websocket_transport.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {
namespace {

using wire::packet_type;
using wire::revision;

// Between 101 and the open packet of revision 3: one pass of a busy client's event loop.
constexpr std::chrono::milliseconds time_to_listen{10};

}  // namespace

session::session(for_make, std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
                 http::request request, bool base64)
    : output_(*this, std::move(host), std::move(strand)),
      id_(std::move(id)),
      request_(std::move(request)),
      heartbeat_(rev, output_.host().settings().ping_interval, ping_timeout(output_.host().settings(), rev),
                 output_.host().timers().now()),
      polling_(std::make_unique<polling_transport>(rev, base64, request_.query("j"))),
      revision_(rev) {
  account().add(base::kept::head, own_bytes());
}

session::~session() {
  drop_extras();
  account().give_back(base::kept::head, own_bytes());
  charge_held(0);
  forget_hooks();
}

// The head of the first request, which handshakes show, and a session with its transport.
std::size_t session::own_bytes() const noexcept {
  constexpr std::size_t idle_bytes = 2'560;
  return idle_bytes + output::included_bytes + (request_.data() ? request_.data()->memory() : 0);
}

client_memory session::kept_memory() const {
  client_memory now;
  now.total = output_.account().bytes();
  now.session = own_bytes() + extras_bytes();
  now.outgoing = output_.charged_cost();
  now.incoming = input_bytes_;
  now.events = held_bytes_ + hook_bytes_;
  const std::size_t known = now.session + now.outgoing + now.incoming + now.events;
  now.others = std::max(now.total, known) - known;  // other threads may charge meanwhile
  return now;
}

std::pair<std::size_t, std::size_t> session::measured() const {
  auto [bytes, uncharged] = output_.measured();
  if (const auto transport = output_.websocket()) bytes += transport->unread_bytes();
  if (polling_ && polling_->reading()) bytes += polling_->reading()->body.size();
  return {bytes, uncharged};
}

void session::open(std::string_view open_packet) {
  const shared_frame packet = frame::text(packet_type::open, open_packet);
  send({&packet, 1});
  if (const auto& first = host().settings().initial_packet) {
    const shared_frame greeting = first->is_binary() ? frame::binary(revision_, first->bytes())
                                                     : frame::text(packet_type::message, first->text());
    send({&greeting, 1});
  }
  counted_ = true;
  host().counters().add(base::counter::handshakes);
  host().counters().add(kind_now(!polling_));
  const auto patience = host().settings().first_request_timeout;
  if (polling_ && patience > patience.zero()) polling_->first_request_by(host().timers().after(patience));
  set_timer();
}

base::counter session::kind_now(bool websocket) const noexcept {
  return base::counter::sessions + base::session_kind(websocket, revision_ == revision::v4);
}

void session::count_gone() noexcept {
  if (counted_) host().counters().subtract(kind_now(!polling_));
  counted_ = false;
}

polling_transport::payload session::take_open_payload() { return output_.take_open_payload(*polling_); }

void session::open_websocket(std::shared_ptr<websocket_transport> transport, const shared_frame& http_answer,
                             std::string_view open_packet) {
  polling_ = nullptr;
  const bool now = revision_ == revision::v4;
  if (!now) {
    transport->write_now(http_answer);
    opening_ = std::make_unique<opening>(opening{transport, {}, host().timers().after(time_to_listen)});
  }
  output_.use_websocket(now ? std::move(transport) : nullptr);
  if (now) send({&http_answer, 1});
  open(open_packet);
}

// The client listens by now: its open packet goes out, and reading begins.
void session::finish_opening() {
  const auto here = std::exchange(opening_, nullptr);
  output_.use_websocket(here->transport);
  if (input_paused_) here->transport->pause_reading(true);
  output_.flush();
  start_websocket(std::move(here->leftover));
}

void session::handler(std::shared_ptr<session_handler> above) {
  if (is_state(state::closed)) return above->on_close(ending_ ? ending_->why : reason(reason::kind::forced_close));
  const base::lock_guard lock(handler_mutex_);
  handler_.swap(above);
}

std::shared_ptr<session_handler> session::shared_handler() const {
  const base::lock_guard lock(handler_mutex_);
  return handler_;
}

void session::on_writable(websocket_transport& from) { output_.on_writable(from); }

void session::start_websocket(std::string leftover) {
  if (opening_) {
    opening_->leftover = std::move(leftover);
    return;
  }
  if (const auto transport = output_.websocket()) transport->start(shared_from_this(), std::move(leftover));
}

}  // namespace cosio::inline v0_2::engine
