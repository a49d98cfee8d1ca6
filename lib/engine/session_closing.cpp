// One client's Engine.IO life: how it closes.

#include <boost/asio/post.hpp>

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::engine {
namespace {

namespace asio = boost::asio;
using wire::packet_type;

constexpr std::chrono::seconds last_poll_timeout{30};  // for the client of a closing session to send its next GET

void log_closed(std::string_view short_id, const reason& why) {
  if (!base::logs(log_level::debug)) return;
  const std::string who(short_id);
  base::log(
      log_level::debug, "engine",
      "session " + who + "…: closed, " + std::string(why.text()) + (why.detail().empty() ? "" : ": " + why.detail()),
      {{"session", who}, {"reason", why.text()}, {"detail", why.detail()}});
}

}  // namespace

void session::on_lost(websocket_transport& from, const reason& why) {
  if (upgrade_ && upgrade_->transport.get() == &from) {  // the transport closes itself, with the right code
    count_failed_upgrade();
    upgrade_ = nullptr;
    return;
  }
  output_.flush();               // the peer may still read: it gets the queued frames before the close frame
  output_.drop_websocket(from);  // the transport closes itself, with the right code
  close_now(why);
}

void session::post_close(reason why, bool discard) {
  async::run_on(get_strand(), [self = shared_from_this(), why = std::move(why), discard]() mutable {
    self->close(std::move(why), discard);
  });
}

void session::close(reason why, bool discard) {
  if (is_state(state::closed)) return;
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  if (is_state(state::open)) state_.store(state::closing, std::memory_order_relaxed);
  if (!ending_) ending_ = std::make_unique<ending>(std::move(why));
  const bool told = discard && add_close_for_held_poll();
  // Frames that can go out at once do: a last packet that was just queued is not lost, and does not delay the end.
  output_.flush();
  const bool idle = output_.stop_accepting(discard);
  if (discard || told || (idle && (!polling_ || polling_->holding()))) {
    close_now();
  } else if (polling_) {
    wait_for_poll();
  }
}

// A closing session on polling waits for the next GET. So a client that polls gets all that is queued.
void session::wait_for_poll() {
  ending_->by = host().timers().now() + last_poll_timeout;
  set_timer();
}

// Waits in the queue of the strand. If the queue is destroyed with it, nothing will ever run on the strand again, and
// the session is forsaken.
class session::close_or_forsake {
 public:
  close_or_forsake(std::shared_ptr<session> s, reason why) : session_(std::move(s)), why_(std::move(why)) {}
  close_or_forsake(close_or_forsake&&) noexcept = default;
  close_or_forsake(const close_or_forsake&) = delete;
  close_or_forsake& operator=(const close_or_forsake&) = delete;
  ~close_or_forsake() {
    if (session_) session_->forsake();
  }
  void operator()() { std::exchange(session_, nullptr)->close(std::move(why_), true); }

 private:
  std::shared_ptr<session> session_;
  reason why_;
};

void session::post_close_or_forsake(reason why) {
  asio::post(get_strand(), close_or_forsake(shared_from_this(), std::move(why)));
}

// Queues a close packet behind the packets that the held GET will be answered with.
// @return false when no GET is held, or no packet is queued.
bool session::add_close_for_held_poll() {
  if (!polling_ || !polling_->holding()) return false;
  return output_.send_last(frame::text(packet_type::close, {}));
}

void session::close_now() {
  const reason why = ending_ ? ending_->why : reason(reason::kind::forced_close);
  close_now(why);
}

void session::on_output_idle() {
  if (is_state(state::closing)) close_now();
}

void session::on_output_overflow() {
  close(reason(reason::kind::slow_consumer, "more than max_queued_bytes would wait for this client"), true);
}

// From now on nothing is queued, and nothing goes out.
session::parts session::become_closed(const reason& why) noexcept {
  base::guarded("engine", [&] { ending_ = std::make_unique<ending>(why); });  // without memory it keeps no reason
  state_.store(state::closed, std::memory_order_release);
  count_gone();
  auto [transport, waiting] = output_.become_closed();
  const base::lock_guard lock(handler_mutex_);
  return {std::move(transport), std::move(handler_), std::move(waiting)};
}

void session::close_now(const reason& why) {
  if (is_state(state::closed)) return;
  const auto keep = shared_from_this();
  const flush_scope scope(this);
  const auto [transport, above, waiting] = become_closed(why);
  host().counters().add(base::counter::closed + static_cast<std::size_t>(why.what()));
  base::guarded("engine", [&] { log_closed(short_id(), why); });
  host().timers().disarm(*this);
  host().remove_session(id_);
  if (polling_ && polling_->posting()) polling_->posting(nullptr);
  // Even if one of these fails, the waits below are ended.
  base::guarded("engine", [&] { answer_held({packet_type::close}); });
  base::guarded("engine", [&] { close_upgrade(); });
  base::guarded("engine", [&] {
    if (const auto delayed = std::exchange(opening_, nullptr)) delayed->transport->close(0);
  });
  base::guarded("engine", [&, &to = transport] {
    if (to) to->close(0);
  });
  if (waiting) waiting->end_all();
  waiting_for_input_.end_all();
  if (above) base::guarded("engine", [&] { above->on_close(why); });
  output_.clear();  // on_close() could still see how much the client did not get
}

// The io_context has ended: breaks every cycle through this session. Nobody is told, and no coroutine of it resumes.
void session::forsake() noexcept {
  if (is_state(state::closed)) return;
  const auto [transport, above, waiting] = become_closed(reason(reason::kind::server_shutting_down));
  output_.clear();
  host().timers().disarm(*this);
  host().remove_session(id_);
  if (transport) transport->abort();
  if (const auto probing = std::exchange(upgrade_, nullptr)) probing->transport->abort();
  if (const auto delayed = std::exchange(opening_, nullptr)) delayed->transport->abort();
  // These may own this session: they leave its members first, and are destroyed at the end of this function.
  const auto polling = std::exchange(polling_, nullptr);
  if (const auto held = polling ? polling->take_held() : nullptr) held->forsake();
  const auto waiting_posts = std::exchange(waiting_for_input_, {});
  if (waiting) waiting->end_all();  // coroutines of other io_contexts continue
  if (above) above->on_forsaken();
}

}  // namespace cosio::engine
