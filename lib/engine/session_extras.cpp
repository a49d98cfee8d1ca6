// One client's Engine.IO life: what applications listen to beside the handler.

#include "engine/session_extras.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "async/spawn.hpp"
#include "async/strand.hpp"
#include "base/most.hpp"
#include "engine/handler_queue.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2::engine {
namespace {

session_packet packet_for_listeners(const wire::engine_packet& packet) {
  constexpr std::array<std::string_view, 7> names{"open", "close", "ping", "pong", "message", "upgrade", "noop"};
  message data = packet.binary ? message(cosio::binary(std::string(packet.data))) : message(std::string(packet.data));
  return {names.at(static_cast<std::size_t>(packet.type)), std::move(data)};
}

std::size_t memory_of(const http::request& request) noexcept { return request.data() ? request.data()->memory() : 0; }

}  // namespace

// Of two threads that make them at once, one wins.
session_extras& session::make_extras() {
  if (auto* const known = extras()) return *known;
  auto made = std::make_unique<session_extras>();
  session_extras* first = nullptr;
  if (!extras_.compare_exchange_strong(first, made.get(), std::memory_order_acq_rel)) return *first;
  return *made.release();
}

void session::drop_extras() noexcept {
  const std::unique_ptr<session_extras> gone(extras());
  if (gone) account().give_back(base::kept::head, memory_of(gone->upgrade_request));
}

std::size_t session::extras_bytes() const noexcept {
  return extras() != nullptr ? memory_of(extras()->upgrade_request) : 0;
}

void session::listen_to_end(std::function<void(reason)> listener) {
  if (!listener) return;
  if (!is_state(state::closed)) return make_extras().on.close.add(std::move(listener));
  const reason why = ending_ ? ending_->why : reason(reason::kind::forced_close);
  base::guarded("engine", [&] { listener(why); });
}

void session::listen_to_upgrade(std::function<void()> listener) {
  if (polling_ && !is_state(state::closed)) make_extras().on.upgrade.add(std::move(listener));
}

// Kept only for those who asked to be told of the upgrade: idle sessions have no second head in memory.
void session::keep_upgrade_request(const http::request& request) {
  auto* const more = extras();
  if (more == nullptr || more->on.upgrade.empty()) return;
  account().give_back(base::kept::head, memory_of(more->upgrade_request));
  more->upgrade_request = request;
  account().add(base::kept::head, memory_of(request));
}

http::request session::current_request() const {
  if (!get_strand().running_in_this_thread()) return request_;
  if (polling_) return polling_->posting() ? host().seen(polling_->posting()->head()) : request_;
  const auto* const more = extras();
  return more != nullptr && more->upgrade_request ? more->upgrade_request : request_;
}

delivery session::send_and_tell(std::span<const shared_frame> frames, bool is_volatile) {
  const delivery what = output_.send(frames, is_volatile);
  if (what == delivery::queued)
    for (const shared_frame& one : frames) tell_created(one);
  return what;
}

// Any thread, and perhaps with a lock of a broadcast held: so the listeners are called later. The packet is queued by
// now: without memory to tell of it, it goes out all the same.
void session::tell_created(const shared_frame& packet) noexcept {
  const auto* const more = extras();
  if (more == nullptr || !more->tells_created || packet->what() == frame::kind::raw) return;
  base::guarded("engine", [&] {
    async::post(get_strand(), "engine", [self = shared_from_this(), packet] {
      self->extras()->on.packet_create.call(packet_for_listeners(packet->packet()));
    });
  });
}

void session::tell_packet(const wire::engine_packet& packet) const {
  const auto* const more = extras();
  if (more != nullptr && !more->on.packet.empty()) more->on.packet.call(packet_for_listeners(packet));
}

// A coroutine that ends at once was never one too many: so the limits are looked at when it has ended or waits.
void session::start_hook(std::string_view component, task<> work, std::size_t bytes) {
  if (!work.valid()) return;
  if (is_state(state::closed)) return async::spawn(get_strand(), component, std::move(work));
  bytes += handler_queue::overhead;
  ++hooks_;
  hook_bytes_ += bytes;
  account().add(base::kept::events, bytes);
  try {
    async::spawn(get_strand(), component, std::move(work), [weak = std::weak_ptr(shared_from_this()), bytes] {
      if (const auto self = weak.lock()) self->hook_ended(bytes);
    });
  } catch (...) {
    hook_ended(bytes);
    throw;
  }
  weigh_hooks();
}

void session::hook_ended(std::size_t bytes) {
  if (is_state(state::closed)) return;  // its charge was given back
  --hooks_;
  hook_bytes_ -= bytes;
  account().give_back(base::kept::events, bytes);
  or_break_off([this] { weigh_hooks(); });
}

void session::weigh_hooks() {
  if (is_state(state::closed)) return;
  const engine_options& most = host().settings();
  const bool is_many = hooks_ >= base::most(most.max_handlers_in_flight);
  const bool is_large = hook_bytes_ >= base::most(most.max_held_bytes);
  if (hooks_full_ == (is_many || is_large)) return;
  hooks_full_ = !hooks_full_;
  if (hooks_full_) host().counters().hit(is_many ? base::limit::max_handlers_in_flight : base::limit::max_held_bytes);
  pause_or_read();
}

void session::forget_hooks() noexcept {
  hooks_ = 0;
  account().give_back(base::kept::events, std::exchange(hook_bytes_, 0));
}

void session::tell_heartbeat() const {
  if (const auto* const more = extras()) more->on.heartbeat.call();
}

// Called once, so nothing of the listeners is needed later.
void session::tell_upgrade() const {
  auto* const more = extras();
  if (more == nullptr) return;
  const auto once = std::exchange(more->on.upgrade, {});
  once.call();
}

}  // namespace cosio::inline v0_2::engine
