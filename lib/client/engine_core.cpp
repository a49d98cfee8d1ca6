// The states of a connection.

#include "client/engine_core.hpp"

#include <boost/asio/error.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "base/logger.hpp"
#include "client/handshake_text.hpp"
#include "wire/payload.hpp"

namespace cosio::inline v0_2::clients {
namespace {

constexpr std::string_view probe_word = "probe";
constexpr std::size_t batch_bytes = 64 * 1024;  // for WebSocket: a pong must not wait behind much more

}  // namespace

engine_core::engine_core(async::strand on, std::shared_ptr<const source_terms> terms,
                         std::shared_ptr<source_memory> memory, std::weak_ptr<engine_listener> listener,
                         suspended_time suspended)
    : strand_(std::move(on)),
      terms_(std::move(terms)),
      memory_(std::move(memory)),
      listener_(std::move(listener)),
      suspended_(std::move(suspended)) {}

// The listener is told outside of every lock, and what it throws stays here.
template <class F>
void engine_core::tell(F what) {
  if (dropped_.load(std::memory_order_acquire)) return;
  if (const auto listener = listener_.lock()) base::guarded("client", [&] { what(*listener); });
}

void engine_core::open() {
  if (state_ != states::idle) return;
  state_ = states::opening;
  const auto& options = terms_->options;
  transports_left_.assign(options.transports.begin(), options.transports.end());
  const auto websocket = std::find(transports_left_.begin(), transports_left_.end(), "websocket");
  if (options.remember_upgrade && memory_->websocket_worked && websocket != transports_left_.end()) {
    transports_left_.erase(websocket);
    transports_left_.emplace_front("websocket");
  }
  connect_limit_ = strand_timer::make(strand_, terms_->where, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->end(reason::kind::transport_error, boost::asio::error::timed_out,
                "the server did not answer in options.connect_timeout");
  });
  connect_limit_->arm_after(options.connect_timeout);
  async::post(strand_, "client", [self = shared_from_this()] {
    if (self->state_ == states::opening) self->start_next_transport();
  });
}

void engine_core::start_next_transport() {
  const std::string name = transports_left_.front();
  transports_left_.pop_front();
  transport_ = make_transport(name);
  transport_->start({});
}

std::shared_ptr<transport> engine_core::make_transport(std::string_view name) {
  if (name == "websocket") return make_websocket(strand_, terms_, weak_from_this());
  return make_polling(strand_, terms_, weak_from_this());
}

std::string_view engine_core::transport_name() const noexcept {
  const bool is_made = state_ == states::open || state_ == states::closing;
  return is_made && transport_ ? transport_->name() : std::string_view();
}

void engine_core::on_transport_open(transport& from) {
  if (&from != probe_.get()) return;  // of the others the handshake follows
  out_packet ping;
  ping.type = wire::packet_type::ping;
  ping.data = message(std::string(probe_word));
  probe_->send({std::move(ping)});
}

void engine_core::on_packet(transport& from, wire::packet_type type, message data) {
  if (&from == probe_.get()) return take_probe(type, data);
  if (&from != transport_.get()) return;
  if (type == wire::packet_type::open) {
    if (state_ == states::opening) take_handshake(data);
    return;
  }
  if (state_ != states::open && state_ != states::closing) return;
  heartbeat_->heard(type);
  if (type == wire::packet_type::message) return tell([&](engine_listener& to) { to.on_message(std::move(data)); });
  if (type != wire::packet_type::ping) return;
  out_packet pong;
  pong.type = wire::packet_type::pong;
  pong.data = std::move(data);
  send_packet(std::move(pong), true);
  tell([](engine_listener& to) { to.on_ping(); });
}

void engine_core::take_handshake(const message& data) {
  auto read = read_handshake(data.text());
  if (!read) return end(reason::kind::parse_error, errc::bad_json, "the server's handshake cannot be read");
  welcome(std::move(*read));
}

void engine_core::welcome(engine_handshake opened) {
  state_ = states::open;
  handshake_ = std::move(opened);
  connect_limit_ = nullptr;
  memory_->websocket_worked = transport_->name() == "websocket";
  transport_->use_sid(handshake_.sid);
  auto ping = [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    out_packet packet;
    packet.type = wire::packet_type::ping;
    self->send_packet(std::move(packet), true);
  };
  auto is_gone = [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->end(reason::kind::ping_timeout, boost::asio::error::timed_out, "no heartbeat of the server came in time");
  };
  heartbeat_ = std::make_shared<heartbeat_watch>(strand_, terms_->where, terms_->rev(), suspended_, std::move(ping),
                                                 std::move(is_gone));
  heartbeat_->start(handshake_.ping_interval, handshake_.ping_timeout);
  const engine_handshake told = handshake_;
  tell([&](engine_listener& to) { to.on_open(told); });
  if (state_ != states::open) return;
  flush();
  const auto has = [](const auto& names) { return std::find(names.begin(), names.end(), "websocket") != names.end(); };
  if (terms_->options.upgrade && transport_->name() == "polling" && has(handshake_.upgrades) &&
      has(terms_->options.transports))
    begin_probe();
}

void engine_core::begin_probe() {
  memory_->websocket_worked = false;
  probe_ = make_transport("websocket");
  probe_limit_ = strand_timer::make(strand_, terms_->where, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end_probe("the server did not answer in options.connect_timeout");
  });
  probe_limit_->arm_after(terms_->options.connect_timeout);
  probe_->start(handshake_.sid);
}

void engine_core::take_probe(wire::packet_type type, const message& data) {
  if (upgrading_) return;
  if (type != wire::packet_type::pong || data.text() != probe_word)
    return end_probe("the server answered the probe with something else");
  upgrading_ = true;
  memory_->websocket_worked = true;
  transport_->pause();
}

void engine_core::end_probe(std::string why) {
  if (!probe_) return;
  const auto gone = std::exchange(probe_, nullptr);
  probe_limit_ = nullptr;
  gone->stop();
  memory_->websocket_worked = false;
  // The transport is pausing, or has paused: it does not go on.
  if (upgrading_) return end(reason::kind::transport_close, boost::asio::error::eof, "upgrade: " + why);
  tell([&](engine_listener& to) { to.on_upgrade_error(std::move(why)); });
}

void engine_core::on_paused(transport& from) {
  if (&from != transport_.get() || !upgrading_ || !probe_) return;
  change_transport();
}

void engine_core::change_transport() {
  const auto before = std::exchange(transport_, std::exchange(probe_, nullptr));
  probe_limit_ = nullptr;
  before->stop();
  upgrading_ = false;
  out_packet upgrade;
  upgrade.type = wire::packet_type::upgrade;
  send_packet(std::move(upgrade), true);
  flush();
  tell([](engine_listener& to) { to.on_upgrade("websocket"); });
}

void engine_core::send(message what, bool compress) {
  if (state_ == states::closing || state_ == states::closed) return;
  out_packet packet;
  packet.data = std::move(what);
  packet.compress = compress;
  send_packet(std::move(packet), false);
}

// Packets of the heartbeat go first, but for an upgrade: the order of messages stays.
void engine_core::send_packet(out_packet packet, bool first) {
  if (state_ == states::closed) return;
  waiting_bytes_ += packet.size();
  if (first) {
    const bool behind = !waiting_.empty() && waiting_.front().type == wire::packet_type::upgrade;
    waiting_.insert(waiting_.begin() + (behind ? 1 : 0), std::move(packet));
  } else {
    waiting_.push_back(std::move(packet));
  }
  flush_soon();
}

// What is sent in one turn of the strand goes together.
void engine_core::flush_soon() {
  if (flush_posted_ || !transport_ || !transport_->is_writable()) return;
  flush_posted_ = true;
  async::post(strand_, "client", [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void engine_core::flush() {
  if (state_ != states::open && state_ != states::closing) return;
  if (upgrading_ || waiting_.empty() || !transport_->is_writable()) return;
  transport_->send(take_batch());
}

// At least one packet, and then as many as the server takes in one body. A message above that is refused by it.
std::vector<out_packet> engine_core::take_batch() {
  const bool is_polling = transport_->name() == "polling";
  const std::size_t most = is_polling ? handshake_.max_payload : batch_bytes;
  const wire::payload_writer body(terms_->rev(), false);
  std::vector<out_packet> out;
  std::size_t sum = 0;
  while (!waiting_.empty()) {
    out_packet& next = waiting_.front();
    const std::size_t size = is_polling ? body.size_of(next.as_wire()) + 1 : next.size();
    if (!out.empty() && most != 0 && sum + size > most) break;
    sum += size;
    waiting_bytes_ -= next.size();
    bytes_under_way_ += next.size();
    out.push_back(std::move(next));
    waiting_.pop_front();
  }
  return out;
}

void engine_core::on_written(transport& from) {
  if (&from != transport_.get()) return;
  bytes_under_way_ = 0;
  if (!waiting_.empty()) return flush();
  tell([](engine_listener& to) { to.on_drain(); });
  check_closing();
}

void engine_core::close() {
  if (state_ == states::closing || state_ == states::closed) return;
  const bool was_open = state_ == states::open;
  state_ = states::closing;
  close_limit_ = strand_timer::make(strand_, terms_->where, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end(reason::kind::forced_close, {}, {});
  });
  close_limit_->arm_after(terms_->options.close_timeout);
  async::post(strand_, "client", [self = shared_from_this(), was_open] {
    if (was_open) return self->check_closing();
    self->end(reason::kind::forced_close, {}, {});
  });
}

void engine_core::check_closing() {
  if (state_ != states::closing || upgrading_ || !waiting_.empty() || bytes_under_way_ != 0) return;
  const auto last = std::exchange(transport_, nullptr);
  if (last) last->close();
  end(reason::kind::forced_close, {}, {});
}

void engine_core::on_transport_end(transport& from, engine_end why) {
  if (&from == probe_.get()) return end_probe(why.why.detail());
  if (&from != transport_.get()) return;
  memory_->websocket_worked = false;
  if (state_ == states::opening && terms_->options.try_all_transports && !transports_left_.empty())
    return start_next_transport();
  end(std::move(why));
}

void engine_core::end(reason::kind kind, boost::system::error_code ec, std::string detail) {
  engine_end why;
  why.why = reason(kind, std::move(detail));
  why.error = ec;
  end(std::move(why));
}

void engine_core::end(engine_end why) {
  if (state_ == states::closed) return;
  const auto keep = shared_from_this();
  let_go();
  tell([&](engine_listener& to) { to.on_close(std::move(why)); });
}

void engine_core::let_go() noexcept {
  state_ = states::closed;
  connect_limit_ = nullptr;
  probe_limit_ = nullptr;
  close_limit_ = nullptr;
  if (heartbeat_) heartbeat_->stop();
  for (auto* place : {&transport_, &probe_})
    if (const auto gone = std::exchange(*place, nullptr)) gone->stop();
  waiting_.clear();
  waiting_bytes_ = 0;
  bytes_under_way_ = 0;
}

void engine_core::drop() noexcept {
  dropped_.store(true, std::memory_order_release);
  try {
    async::run_on(strand_, [self = shared_from_this()] {
      if (self->state_ != states::closed) self->let_go();
    });
  } catch (...) {  // without memory: nothing is told any more, and the heartbeat ends the rest
    static_cast<void>(0);
  }
}

}  // namespace cosio::inline v0_2::clients
