// One client's Engine.IO life: opening, packets in, the way down to closed.

#include "engine/session.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/websocket_transport.hpp"
#include "wire/jsonp.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;
using wire::packet_type;
using wire::revision;

constexpr std::chrono::seconds last_poll_timeout{30};  // for a closing client to fetch the news
constexpr std::chrono::milliseconds time_to_listen{
    10};  // between 101 and the open packet of revision 3: the turn of a busy client's event loop

const shared_frame& ping_frame() {
  static const shared_frame ping = frame::text(packet_type::ping, {});
  return ping;
}
const shared_frame& pong_frame() {
  static const shared_frame pong = frame::text(packet_type::pong, {});
  return pong;
}

shared_frame websocket_control(wire::opcode op, std::string_view data) {
  char head[wire::max_frame_head];
  const std::size_t n = wire::write_frame_head(head, op, data.size());
  return frame::raw(std::string(head, n).append(data));
}

// What does nothing but be taken. Clients of revision 3 are not pinged.
const shared_frame& probe_for(revision rev, bool on_websocket) {
  static const shared_frame noop = frame::text(packet_type::noop, {});
  static const shared_frame websocket_ping = websocket_control(wire::opcode::ping, {});
  if (rev == revision::v4) return ping_frame();
  return on_websocket ? websocket_ping : noop;
}

std::chrono::milliseconds timeout_for(revision rev, const engine_options& settings) {
  return rev == revision::v3 ? settings.ping_timeout_eio3 : settings.ping_timeout;
}

void tell_given_up(const std::string& id, base::counters& counted) {
  counted.add(base::counter::upgrades_abandoned);
  if (!base::logs(log_level::debug)) return;
  const std::string who = id.substr(0, 6);
  base::log(log_level::debug, "engine", "session " + who + "…: upgrade given up, polling goes on", {{"session", who}});
}

}  // namespace

session::session(std::shared_ptr<session_host> host, async::strand strand, std::string id, wire::revision rev,
                 http::request request, bool base64)
    : host_(std::move(host)),
      strand_(std::move(strand)),
      id_(std::move(id)),
      request_(std::move(request)),
      heartbeat_(rev, host_->settings().ping_interval, timeout_for(rev, host_->settings()), host_->timers().now()),
      polling_(std::make_unique<polling_transport>(rev, base64, request_.query("j"))),
      revision_(rev) {}

session::~session() = default;

void session::open(std::string_view open_packet) {
  owned_by(weak_from_this());
  const shared_frame packet = frame::text(packet_type::open, open_packet);
  send({&packet, 1});
  if (const auto& first = host_->settings().initial_packet) {
    const shared_frame greeting = first->is_binary() ? frame::binary(revision_, first->bytes())
                                                     : frame::text(packet_type::message, first->text());
    send({&greeting, 1});
  }
  counted_ = true;
  host_->counters().add(base::counter::handshakes);
  host_->counters().add(kind_now(!polling_));
  set_timer();
}

base::counter session::kind_now(bool websocket) const noexcept {
  return base::counter::sessions + base::session_kind(websocket, revision_ == revision::v4);
}

void session::count_gone() noexcept {
  if (std::exchange(counted_, false)) host_->counters().subtract(kind_now(!polling_));
}

polling_transport::payload session::take_open_payload() {
  const std::lock_guard lock(mutex_);
  auto payload = polling_->take_payload(outbox_, host_->settings().max_payload);
  outbox_.sent(payload.bytes);
  count_out(payload.packets, payload.bytes);
  return payload;
}

void session::open_websocket(std::shared_ptr<websocket_transport> transport, const shared_frame& http_answer,
                             std::string_view open_packet) {
  polling_ = nullptr;
  const bool now = revision_ == revision::v4;
  if (!now) {
    transport->write_now(http_answer);
    arriving_ = std::make_unique<arriving>(arriving{transport, {}, host_->timers().now() + time_to_listen});
  }
  {
    const std::lock_guard lock(mutex_);
    on_websocket_ = true;
    if (now) websocket_ = std::move(transport);
  }
  if (now) send({&http_answer, 1});
  open(open_packet);
}

// The client listens by now.
void session::arrive() {
  const auto here = std::exchange(arriving_, nullptr);
  {
    const std::lock_guard lock(mutex_);
    websocket_ = here->transport;
  }
  if (input_held_) here->transport->hold(true);
  flush();
  start_websocket(std::move(here->leftover));
}

void session::handler(std::shared_ptr<session_handler> above) {
  if (state_ == state::closed) return above->on_close(why_ ? *why_ : reason(reason::kind::forced_close));
  const std::lock_guard lock(mutex_);
  handler_.swap(above);
}

std::shared_ptr<session_handler> session::shared_handler() const {
  const std::lock_guard lock(mutex_);
  return handler_;
}

void session::start_websocket(std::string leftover) {
  if (arriving_) {
    arriving_->leftover = std::move(leftover);
    return;
  }
  std::shared_ptr<websocket_transport> transport;
  {
    const std::lock_guard lock(mutex_);
    transport = websocket_;
  }
  if (transport) transport->start(shared_from_this(), std::move(leftover));
}

// ---------------------------------------------------------------- packets in

void session::on_item(websocket_transport& from, const wire::frame_item& item) {
  const bool probing = upgrade_ && upgrade_->transport.get() == &from;
  if (item.what == wire::frame_item::kind::ping) {
    const shared_frame pong = websocket_control(wire::opcode::pong, item.data);
    if (probing) {
      from.write_now(pong);
    } else {
      send({&pong, 1});
    }
    return;
  }
  std::string scratch;
  wire::engine_packet packet;
  if (item.what == wire::frame_item::kind::binary) {
    packet = wire::decode_binary_packet(revision_, item.data);
  } else {
    const auto decoded = wire::decode_text_packet(revision_, item.data, scratch);
    if (decoded.has_error()) {
      if (probing) return abandon_upgrade();
      return close(reason(reason::kind::parse_error, make_error_code(decoded.error().code).message()), true);
    }
    packet = *decoded;
  }
  if (probing) {
    on_probe_packet(packet);
  } else if (packet.type == packet_type::close) {
    close(reason(reason::kind::transport_close, "the client sent a close packet"), true);
  } else {
    receive(packet, item.whole);
  }
}

void session::on_payload(std::string_view body, bool binary) {
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  const auto above = handler_;
  const engine_options& settings = host_->settings();
  std::optional<std::string> payload;
  if (polling_ && polling_->is_jsonp()) {
    auto form = wire::read_jsonp_form(body, settings.max_payload);
    if (!form) return;
    payload = std::move(*form);
    if (!payload) return;  // which is no error
    body = *payload;
    binary = false;
  }
  wire::payload_reader reader(revision_, body, binary, {settings.max_payload, settings.max_packets});
  while (state_ == state::open) {
    const auto packet = reader.next();
    if (packet.has_error()) {
      if (packet.error().code == errc::payload_too_large) host_->counters().hit(base::limit::max_packets);
      close(reason(reason::kind::parse_error, make_error_code(packet.error().code).message()), true);
      break;
    }
    if (!*packet) break;
    if ((*packet)->type == packet_type::close) {
      answer_held({packet_type::noop});
      end(reason(reason::kind::transport_close, "the client sent a close packet"));
      break;
    }
    receive(**packet);
  }
  end_of_input(above);
}

// @param whole  Holds the bytes of a binary packet and may be moved away, if there is one.
void session::receive(const wire::engine_packet& packet, std::string* whole) {
  host_->counters().add(base::counter::packets_in);
  host_->counters().add(base::counter::bytes_in, packet.data.size());
  if (host_->settings().max_byte_rate && !within_rate(packet.data.size() + 1)) return;
  const auto now = host_->timers().now();
  const packet_type beat = revision_ == revision::v4 ? packet_type::pong : packet_type::ping;
  if (packet.type == packet_type::ping || packet.type == packet_type::pong) {
    if (packet.type != beat) return close(reason(reason::kind::transport_error, "invalid heartbeat direction"), true);
    if (beat == packet_type::pong) {
      heartbeat_.on_pong(now);
      const engine_options& settings = host_->settings();
      if (settings.ping_interval < settings.ping_timeout)
        set_timer();  // the next ping is due before the pong would have been
      return;
    }
    heartbeat_.on_ping(now);
    send({&pong_frame(), 1});
    if (const auto above = handler_) hand_up([&] { above->on_heartbeat(); });
    return;
  }
  heartbeat_.on_other_packet(now);
  if (packet.type != packet_type::message || state_ != state::open || !handler_) return;
  const auto above = handler_;
  hand_up([&] {
    if (packet.binary) {
      const bool mine =
          whole != nullptr && whole->size() == packet.data.size();  // not so in revision 3: its type lies in front
      above->on_binary(cosio::binary(mine ? std::move(*whole) : std::string(packet.data)));
    } else {
      above->on_text(packet.data);
    }
  });
}

// @return false when the client has sent too much: then the session ends.
bool session::within_rate(std::size_t bytes) {
  const rate_limit& most = *host_->settings().max_byte_rate;
  const auto now = host_->timers().now();
  if (!rate_) rate_ = std::make_unique<base::token_bucket>(most.burst, now);
  if (rate_->take(static_cast<double>(bytes), most.per_second, most.burst, now)) return true;
  if (state_ == state::open) {
    host_->counters().hit(base::limit::max_byte_rate);
    close(reason(reason::kind::rate_limit_exceeded, "more bytes than max_byte_rate allows"), true);
  }
  return false;
}

// What stands above reports its own errors; what comes out of it all the same (no memory) ends this session and no
// other.
template <class F>
void session::hand_up(F call) {
  try {
    call();
  } catch (...) {
    base::log(
        log_level::error, "engine",
        "session " + id_.substr(0, 6) + "…: input could not be handled: " + base::describe(std::current_exception()));
    end(reason(reason::kind::forced_close, "input could not be handled"));
  }
}

void session::hold_input(bool hold) {
  if (input_held_ == hold) return;
  input_held_ = hold;
  if (hold) host_->counters().hit(base::limit::max_handlers_in_flight);
  std::shared_ptr<websocket_transport> transport;
  {
    const std::lock_guard lock(mutex_);
    transport = websocket_;
  }
  if (transport) transport->hold(hold);
  if (!hold)
    for (const auto& waiting : std::exchange(waiting_for_input_, {})) waiting->end();
}

void session::on_input_room(std::shared_ptr<async::suspension> waiting) {
  if (input_held_ && state_ == state::open) {
    waiting_for_input_.push_back(std::move(waiting));
  } else {
    waiting->end();
  }
}

void session::on_input_end(websocket_transport&) {
  const flush_scope scope(this);  // what the handlers send is gathered
  end_of_input(handler_);
}

void session::end_of_input(const std::shared_ptr<session_handler>& above) {
  const auto keep = above;
  if (keep) hand_up([&] { keep->on_input_end(); });
}

void session::on_lost(websocket_transport& from, const reason& why) {
  if (upgrade_ && upgrade_->transport.get() == &from) {  // it says goodbye itself, with the right code
    tell_given_up(id_, host_->counters());
    upgrade_ = nullptr;
    return;
  }
  flush();  // the peer may still read: it gets what was due before the close frame
  {
    const std::lock_guard lock(mutex_);  // it says goodbye itself, with the right code
    if (websocket_.get() == &from) websocket_ = nullptr;
  }
  end(why);
}

void session::on_too_long() { host_->counters().hit(base::limit::max_payload); }

// ---------------------------------------------------------------- polling

void session::on_poll(std::shared_ptr<poll_request> poll) {
  const flush_scope scope(this);
  if (state_ == state::closed || !polling_) return poll->answer(400, {});
  if (polling_->holding()) {
    poll->answer(400, {});
    return close(reason(reason::kind::transport_error, "overlap from client"), true);
  }
  polling_->hold(std::move(poll));
  bool something = false;
  {
    const std::lock_guard lock(mutex_);
    something = !outbox_.empty();
    poll_held_ = true;
  }
  if (something) return flush_polling();
  if (state_ == state::closing) {
    answer_held({packet_type::noop, packet_type::close});
    finish_close();
  }
}

void session::on_poll_aborted(const std::shared_ptr<poll_request>& poll) {
  if (!polling_ || polling_->held() != poll) return;
  const auto gone = polling_->release();
  {
    const std::lock_guard lock(mutex_);
    poll_held_ = false;
  }
  gone->answer(400, {});
  end(reason(reason::kind::transport_error, "poll connection closed prematurely"));
}

bool session::begin_post(std::shared_ptr<http::exchange> x) {
  if (!polling_) return false;
  if (polling_->posting()) {
    polling_->posting()->destroy();
    close(reason(reason::kind::transport_error, "data request overlap from client"), true);
    return false;
  }
  polling_->posting(std::move(x));
  return true;
}

session::post_state session::take_post(const std::shared_ptr<http::exchange>& x, const result<std::string>& body,
                                       bool binary, bool begun) {
  if (!begun && !begin_post(x)) return post_state::refused;
  const bool wanted = end_post(x);
  if (body.has_value()) {
    on_payload(*body, binary);
  } else if (wanted && body.error().code != errc::payload_too_large) {
    close(reason(reason::kind::transport_error, "data request connection closed prematurely"), true);
  }
  return input_held_ && state_ == state::open ? post_state::input_held : post_state::taken;
}

bool session::end_post(const std::shared_ptr<http::exchange>& x) {
  if (!polling_ || polling_->posting() != x) return false;
  polling_->posting(nullptr);
  return true;
}

// Answers the held GET with control packets only.
void session::answer_held(std::initializer_list<packet_type> types) {
  if (!polling_ || !polling_->holding()) return;
  {
    const std::lock_guard lock(mutex_);
    poll_held_ = false;
  }
  polling_->release()->answer(200, polling_->control(types));
}

void session::flush_polling() {
  if (!polling_ || !polling_->holding()) return flush();  // upgraded meanwhile, or answered already
  polling_transport::payload payload;
  bool awaited = false;
  {
    const std::lock_guard lock(mutex_);
    if (outbox_.empty()) return;
    payload = polling_->take_payload(outbox_, host_->settings().max_payload);
    awaited = settle(payload.bytes);
    poll_held_ = false;
  }
  polling_->release()->answer(200, std::move(payload.body), payload.binary, payload.compress);
  count_out(payload.packets, payload.bytes);
  if (awaited) tell_waiting();
}

// ---------------------------------------------------------------- upgrade

bool session::start_upgrade(std::shared_ptr<websocket_transport> transport, std::string leftover) {
  if (state_ == state::closed || !polling_ || upgrade_) return false;
  upgrade_ = std::make_unique<upgrading>(
      upgrading{transport, upgrade(host_->timers().now(), host_->settings().upgrade_timeout)});
  set_timer();
  transport->start(shared_from_this(), std::move(leftover));
  return true;
}

void session::on_probe_packet(const wire::engine_packet& packet) {
  switch (upgrade_->steps.on_packet(packet, host_->timers().now())) {
    case upgrade::action::answer_probe: {
      const shared_frame answer = frame::text(packet_type::pong, "probe");
      upgrade_->transport->write_now(answer);
      set_timer();
      break;
    }
    case upgrade::action::complete:
      complete_upgrade();
      break;
    default:
      abandon_upgrade();
  }
}

void session::complete_upgrade() {
  const flush_scope scope(this);
  answer_held({packet_type::close});  // compliant clients hold none by now
  if (polling_->posting()) polling_->posting()->destroy();
  polling_ = nullptr;
  host_->counters().add(base::counter::upgrades);
  host_->counters().subtract(kind_now(false));
  host_->counters().add(kind_now(true));
  const auto transport = std::exchange(upgrade_, nullptr)->transport;
  heartbeat_.on_upgrade(host_->timers().now());
  {
    const std::lock_guard lock(mutex_);
    on_websocket_ = true;
    websocket_ = transport;
  }
  close_by_.reset();
  if (input_held_) transport->hold(true);
  set_timer();
  if (const auto above = handler_; above && state_ == state::open) hand_up([&] { above->on_upgrade(); });
  flush();
  if (state_ == state::closing && buffered() == 0) finish_close();
}

void session::abandon_upgrade() {
  if (const auto given_up = std::exchange(upgrade_, nullptr)) {
    tell_given_up(id_, host_->counters());
    given_up->transport->close(0);
  }
}

// ---------------------------------------------------------------- closing

void session::post_close(reason why, bool discard) {
  async::run_on(strand_, [self = shared_from_this(), why = std::move(why), discard]() mutable {
    self->close(std::move(why), discard);
  });
}

void session::close(reason why, bool discard) {
  if (state_ == state::closed) return;
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  if (state_ == state::open) {
    state_ = state::closing;
    why_ = std::make_unique<const reason>(std::move(why));
  }
  const bool told = discard && tell_held_poll();
  flush();  // what can go out at once does: a farewell that was just queued is not lost, and does not make the end wait
  bool idle = false;
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    note_crowding();
    if (discard) outbox_.clear();
    idle = outbox_.empty() && !writing_;
  }
  if (discard || told || (idle && (!polling_ || polling_->holding()))) {
    finish_close();
  } else if (polling_) {
    close_by_ = host_->timers().now() + last_poll_timeout;
    set_timer();
  }
}

// Lives in the strand's queue. When that is thrown away, nobody runs there any more and nobody will.
class session::last_close {
 public:
  last_close(std::shared_ptr<session> s, reason why) : session_(std::move(s)), why_(std::move(why)) {}
  last_close(last_close&&) noexcept = default;
  last_close(const last_close&) = delete;
  last_close& operator=(const last_close&) = delete;
  ~last_close() {
    if (session_) session_->forsake();
  }
  void operator()() { std::exchange(session_, nullptr)->close(std::move(why_), true); }

 private:
  std::shared_ptr<session> session_;
  reason why_;
};

void session::post_last_close(reason why) { asio::post(strand_, last_close(shared_from_this(), std::move(why))); }

// A held GET takes what is queued and the news that the session ends. @return whether it does.
bool session::tell_held_poll() {
  if (!polling_ || !polling_->holding()) return false;
  const shared_frame close = frame::text(packet_type::close, {});
  const std::lock_guard lock(mutex_);
  if (outbox_.empty()) return false;
  return outbox_.push({&close, 1}, std::numeric_limits<std::size_t>::max()) == outbox::verdict::queued;
}

void session::finish_close() {
  const reason why = why_ ? *why_ : reason(reason::kind::forced_close);
  end(why);
}

void session::end(const reason& why) {
  if (state_ == state::closed) return;
  const auto keep = shared_from_this();
  const flush_scope scope(this);
  state_ = state::closed;
  over_.store(true, std::memory_order_release);
  why_ = std::make_unique<const reason>(why);
  count_gone();
  host_->counters().add(base::counter::closed + static_cast<std::size_t>(why.what()));
  if (base::logs(log_level::debug)) {
    const std::string who = id_.substr(0, 6);
    base::log(
        log_level::debug, "engine",
        "session " + who + "…: closed, " + std::string(why.text()) + (why.detail().empty() ? "" : ": " + why.detail()),
        {{"session", who}, {"reason", why.text()}, {"detail", why.detail()}});
  }
  std::shared_ptr<websocket_transport> transport;
  std::shared_ptr<session_handler> above;
  std::unique_ptr<waiters> waiting;
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    note_crowding();
    ended_ = true;
    transport = std::move(websocket_);
    waiting = std::move(waiting_);
    above = std::move(handler_);
  }
  host_->timers().disarm(*this);
  host_->forget(id_);
  answer_held({packet_type::close});
  if (polling_ && polling_->posting()) polling_->posting(nullptr);
  abandon_upgrade();
  if (const auto given_up = std::exchange(arriving_, nullptr)) given_up->transport->close(0);
  if (transport) transport->close(0);
  if (waiting) {
    for (const auto& w : waiting->for_room) w->end();
    for (const auto& w : waiting->for_empty) w->end(make_error_code(errc::disconnected));
  }
  for (const auto& w : std::exchange(waiting_for_input_, {})) w->end();
  if (above) above->on_close(why);
  const std::lock_guard lock(mutex_);  // until now it could be seen what the client did not get
  outbox_.clear();
}

// The io_context has ended: breaks every cycle through this session. Nobody is told, and no coroutine goes on.
void session::forsake() noexcept {
  if (state_ == state::closed) return;
  state_ = state::closed;
  over_.store(true, std::memory_order_release);
  why_ = std::make_unique<const reason>(reason::kind::server_shutting_down);
  count_gone();
  std::shared_ptr<websocket_transport> transport;
  std::shared_ptr<session_handler> above;
  std::unique_ptr<waiters> waiting;
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    note_crowding();
    ended_ = true;
    outbox_.clear();
    transport = std::move(websocket_);
    waiting = std::move(waiting_);
    above = std::move(handler_);
  }
  host_->timers().disarm(*this);
  host_->forget(id_);
  if (transport) transport->abort();
  if (const auto given_up = std::exchange(upgrade_, nullptr)) given_up->transport->abort();
  if (const auto given_up = std::exchange(arriving_, nullptr)) given_up->transport->abort();
  // What these hold may hold this: out of the members first, then gone.
  const auto polling = std::exchange(polling_, nullptr);
  if (const auto held = polling ? polling->release() : nullptr) held->forsake();
  const auto waiting_posts = std::exchange(waiting_for_input_, {});
  if (waiting) {
    for (const auto& w : waiting->for_room) w->end();  // who waits elsewhere goes on
    for (const auto& w : waiting->for_empty) w->end(make_error_code(errc::disconnected));
  }
  if (above) above->on_forsaken();
}

// ---------------------------------------------------------------- time

void session::set_timer() {
  auto when = heartbeat_.next();
  if (upgrade_) when = std::min(when, upgrade_->steps.next());
  if (arriving_) when = std::min(when, arriving_->when);
  if (close_by_) when = std::min(when, *close_by_);
  host_->timers().arm(*this, when);
}

void session::on_deadline() noexcept {
  asio::post(strand_, [self = shared_from_this()] { self->on_time(); });
}

// While input is held its heartbeat may be there already, unread. That it takes what is sent shows as much; there must be something to take.
bool session::takes_what_is_sent() {
  bool waits = false;
  bool took = false;
  {
    const std::lock_guard lock(mutex_);
    waits = outbox_.bytes() != 0;
    took = std::exchange(took_, false);
  }
  if (waits) return took;
  send({&probe_for(revision_, on_websocket()), 1});
  return true;
}

void session::on_time() {
  if (state_ == state::closed) return;
  const flush_scope scope(this);
  const auto now = host_->timers().now();
  if (close_by_ && now >= *close_by_) return finish_close();
  if (arriving_ && now >= arriving_->when) arrive();
  if (upgrade_) {
    const auto what = upgrade_->steps.due(now);
    if (what == upgrade::action::abandon) abandon_upgrade();
    if (what == upgrade::action::send_noop) answer_held({packet_type::noop});
  }
  switch (heartbeat_.due(now)) {
    case heartbeat::action::give_up:
      if (!input_held_ || !takes_what_is_sent()) return end(reason(reason::kind::ping_timeout));
      heartbeat_.on_upgrade(now);
      break;
    case heartbeat::action::send_ping:
      send_first(ping_frame());
      if (const auto above = handler_) hand_up([&] { above->on_heartbeat(); });
      break;
    case heartbeat::action::nothing:
      break;
  }
  if (state_ != state::closed) set_timer();
}

}  // namespace cosio::engine
