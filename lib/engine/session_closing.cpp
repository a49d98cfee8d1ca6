// One client's Engine.IO life: how it closes.

#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "engine/session_extras.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {
namespace {

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
    self->or_break_off([&] { self->close(std::move(why), discard); });
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
  } else {
    wait_for_reader();
  }
}

void session::drain(reason why) {
  const flush_scope scope(this);
  const auto keep = shared_from_this();
  close(std::move(why), false);
  if (!is_state(state::closing)) return;
  ending_->of_server = true;
  if (!has_only_the_end()) return;
  if (asked_) {
    wait_for_reader();
  } else {
    close_now();
  }
}

// Nothing is queued on polling, and the server closes: the next GET is answered with a close packet.
bool session::has_only_the_end() const { return ending_->of_server && polling_ && output_.queued_cost() == 0; }

// A closing session waits for the next GET, or for a WebSocket that takes more. So a client that reads gets it all.
void session::wait_for_reader() {
  ending_->by = host().timers().after(has_only_the_end() ? time_to_answer_close() : last_poll_timeout);
  set_timer();
}

namespace {

// Of the job that this thread posts just now: whether it has been destroyed meanwhile.
struct posted_job {
  bool is_destroyed = false;
};
thread_local posted_job* posting = nullptr;

}  // namespace

// Waits in the queue of the strand. If the queue is destroyed with it, nothing will ever run on the strand again, and
// the session is forsaken.
class session::close_or_forsake {
 public:
  close_or_forsake(std::shared_ptr<session> s, reason why) : session_(std::move(s)), why_(std::move(why)) {}
  close_or_forsake(close_or_forsake&&) noexcept = default;
  close_or_forsake(const close_or_forsake&) = delete;
  close_or_forsake& operator=(const close_or_forsake&) = delete;
  ~close_or_forsake() {
    if (!session_) return;
    if (posting != nullptr) {
      posting->is_destroyed = true;
    } else {
      session_->forsake();
    }
  }
  void operator()() {
    const auto closing = std::exchange(session_, nullptr);
    closing->or_break_off([&] { closing->close(std::move(why_), true); });
  }

 private:
  std::shared_ptr<session> session_;
  reason why_;
};

void session::post_close_or_forsake(const reason& why) noexcept {
  posted_job job;
  bool is_posted = false;
  posting = &job;
  or_break_off([&] {
    async::post(get_strand(), "engine", close_or_forsake(shared_from_this(), why));
    is_posted = true;
  });
  posting = nullptr;
  if (is_posted && job.is_destroyed) forsake();  // the io_context is being destroyed; without memory it is not
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

// Most of it may lie there only because nothing has been read since it was queued.
void session::on_output_behind(std::chrono::milliseconds time_to_read) {
  if (is_state(state::closed)) return;
  behind_until_ = host().timers().after(time_to_read);
  set_timer();
}

void session::on_output_overflow(base::limit which) {
  std::string detail("more than ");
  detail.append(to_string(which)).append(" would wait for this client");
  close(reason(reason::kind::slow_consumer, std::move(detail)), true);
}

// From now on nothing is queued, and nothing goes out.
session::parts session::become_closed(const reason& why) noexcept {
  base::guarded("engine", [&] { ending_ = std::make_unique<ending>(why); });  // without memory it keeps no reason
  state_.store(state::closed, std::memory_order_release);
  count_gone();
  account().give_back(base::kept::input, std::exchange(input_bytes_, 0));
  charge_held(0);
  forget_hooks();
  auto [transport, waiting] = output_.become_closed();
  const base::lock_guard lock(handler_mutex_);
  return {std::move(transport), std::move(handler_), std::move(waiting)};
}

// The POST is still answered, but a body that is on its way is not waited for.
void session::end_post() {
  if (!polling_ || !polling_->posting()) return;
  const auto x = polling_->posting();
  polling_->posting(nullptr);
  x->drop_body();
}

void session::close_now(const reason& why) {
  if (is_state(state::closed)) return;
  const auto keep = shared_from_this();
  const async::gate::pass telling = host().begin_end();
  const flush_scope scope(this);
  const auto [transport, above, waiting] = become_closed(why);
  host().counters().add(base::counter::closed + static_cast<std::size_t>(why.what()));
  base::guarded("engine", [&] { log_closed(short_id(), why); });
  host().timers().disarm(*this);
  host().remove_session(id_);
  // Even if one of these fails, the waits below are ended.
  base::guarded("engine", [&] { end_post(); });
  base::guarded("engine", [&] { answer_held({packet_type::close}); });
  base::guarded("engine", [&] { close_upgrade(); });
  base::guarded("engine", [&] {
    if (const auto delayed = std::exchange(opening_, nullptr)) delayed->transport->close(0, time_to_answer_close());
  });
  base::guarded("engine", [&, &to = transport] {
    if (to) to->close(0, time_to_answer_close());
  });
  if (waiting) waiting->end_all();
  waiting_for_input_.end_all();
  if (above) base::guarded("engine", [&] { above->on_close(why); });
  if (auto* const more = extras()) {
    const auto last = std::exchange(more->on, {});
    last.close.call(why);
  }
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
  const auto listening = extras() != nullptr ? std::exchange(extras()->on, {}) : session_extras::listeners();
  if (waiting) waiting->end_all();  // coroutines of other io_contexts continue
  if (above) above->on_forsaken();
}

}  // namespace cosio::inline v0_2::engine
