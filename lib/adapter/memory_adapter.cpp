// Rooms of one server in memory, and connection state recovery.

#include "adapter/memory_adapter.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "base/later.hpp"

namespace cosio::inline v0_2::adapters {
namespace {

task<admission> admitted(admission result) { co_return result; }

}  // namespace

memory_adapter::memory_adapter(adapter_host& host) : local_adapter(host), recovers_(host.recovery() != nullptr) {
  if (const recovery_options* offered = host.recovery())
    log_.emplace(*offered, host.longest_silence(), host.wall_clock());
}

recovery_log& memory_adapter::log() {
  assert(log_);
  return *log_;
}

task<> memory_adapter::close() {
  if (!recovers_) co_return;
  host().timers().disarm(*this);
  const base::lock_guard lock(mutex_);
  will_trim_ = false;  // the next entry arms it again
}

// ---------------------------------------------------------------- joining

task<admission> memory_adapter::connect(std::shared_ptr<local_socket> who,
                                        std::shared_ptr<const session_record> resumed) {
  if (resumed) return resume(std::move(who), std::move(resumed));
  admission out;
  host().gather([&] {
    changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
      out.ok = put_in(who, events);
      if (recovers_) out.since = log_->last().text();
    });
  });
  return admitted(std::move(out));
}

namespace {

using packets = std::vector<std::shared_ptr<const outgoing_packet>>;

// A piece of what was missed that is sent with the table locked is no longer than this.
constexpr std::size_t last_piece_bytes = 4'096;

bool send_now(local_socket& to, const packets& all) {
  for (const auto& packet : all)
    if (to.emit(*packet, emit_flags()) != delivery::queued) return false;
  return true;
}

// Each packet waits for room. For the first of them the caller has waited.
task<bool> send_in_turn(std::shared_ptr<local_socket> to, packets all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i != 0) {
      auto room = to->wait_for_room();
      co_await std::move(room);
    }
    if (to->emit(*all[i], emit_flags()) != delivery::queued) co_return false;
  }
  co_return true;
}

}  // namespace

// Sends what the session has missed in pieces, as fast as its client reads. The socket joins with the last piece, which
// is small or empty: the table is locked for it, so that nothing is lost or doubled in between.
task<admission> memory_adapter::resume(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> from) {
  const auto here = co_await boost::asio::this_coro::executor;
  const returning_session session(*from);
  std::optional<stream_position> looked_at;
  std::optional<stream_position> resent;
  admission out;
  for (bool goes_on = true; goes_on;) {
    auto room = who->wait_for_room();
    co_await std::move(room);
    std::optional<recovery_log::piece> some;
    host().gather([&] {
      changing([&](room_events* events) COSIO_REQUIRES(mutex_) {
        some = log().missed(session, looked_at);
        goes_on = some && !(some->is_last && some->bytes <= last_piece_bytes);
        if (!some || goes_on) return;
        out.ok = send_now(*who, some->packets) && put_in(who, events);
        if (out.ok) log().admitted(from->pid);
        if (some->resent) resent = some->resent;
        out.since = resent ? from->since : log().last().text();  // the connection may be lost again before they arrive
      });
    });
    if (!goes_on) break;
    looked_at = some->at;
    if (some->resent) resent = some->resent;
    auto sending = send_in_turn(who, std::move(some->packets));
    goes_on = co_await std::move(sending);
    if (goes_on) co_await boost::asio::post(here, boost::asio::use_awaitable);
  }
  if (resent) out.resent = resent->text();
  co_return out;
}

// ---------------------------------------------------------------- events

struct memory_adapter::outgoing {
  explicit outgoing(target receivers) : to(std::move(receivers)) {}
  outgoing(std::shared_ptr<local_socket> receiver, const emit_flags& flags) : only(std::move(receiver)) {
    to.flags = flags;
  }

  target to;                           // unless it is for one socket only
  std::shared_ptr<local_socket> only;  // the one socket
  stream_position at;
  std::shared_ptr<const outgoing_packet> packet;  // null: it could not be encoded
  std::exception_ptr thrown;
  bool is_ready = false;  // encoded, or never will be
  bool is_sent = false;
  report sum;
  delivery outcome = delivery::refused;
  std::shared_ptr<async::suspension> waiting;
};

namespace {

bool can_be_missed(const outgoing_packet& packet, const emit_flags& flags) {
  return !flags.is_volatile && !packet.ack_id();
}

}  // namespace

task<report> memory_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!recovers_ || !can_be_missed(*packet, to.flags)) co_return deliver(*packet, to);
  const auto event = std::make_shared<outgoing>(std::move(to));
  co_await send(event, std::move(packet));
  host().delivered(event->sum);
  co_return event->sum;
}

task<delivery> memory_adapter::emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                                    emit_flags flags) {
  if (!can_be_missed(*packet, flags)) co_return deliver_to(*to, *packet, flags);
  const auto event = std::make_shared<outgoing>(std::move(to), flags);
  co_await send(event, std::move(packet));
  co_return event->outcome;
}

task<> memory_adapter::send(std::shared_ptr<outgoing> event, std::shared_ptr<const outgoing_packet> plain) {
  reserve(event);
  try {
    event->packet = plain->with_offset(event->at.text());
  } catch (...) {
    event->thrown = std::current_exception();
  }
  finish(*event);
  co_await until_sent(event);
  if (event->thrown) std::rethrow_exception(event->thrown);
}

void memory_adapter::reserve(const std::shared_ptr<outgoing>& event) {
  const base::lock_guard lock(mutex_);
  line_.push_back(event);
  event->at = log().next(host().wall_clock());
}

void memory_adapter::finish(outgoing& event) {
  boost::container::small_vector<std::shared_ptr<outgoing>, 4> done;
  const std::size_t over = host().gather([&] {
    const base::lock_guard lock(mutex_);
    event.is_ready = true;
    while (!line_.empty() && line_.front()->is_ready) {
      done.push_back(line_.front());
      line_.pop_front();
      if (done.back()->packet) log_and_deliver(*done.back());
    }
  });
  correct_all(done, over);
  boost::container::small_vector<std::shared_ptr<async::suspension>, 4> sent;
  {
    const base::lock_guard lock(mutex_);
    for (const auto& one : done) {
      one->is_sent = true;
      if (one->waiting) sent.push_back(std::move(one->waiting));
    }
  }
  for (const auto& waiting : sent) waiting->end();
}

// So many receivers of these events turned out to be over their budget when they were written to. Where several events
// went out together, it is told of the last ones.
void memory_adapter::correct_all(std::span<const std::shared_ptr<outgoing>> events, std::size_t over) noexcept {
  for (auto e = events.rbegin(); e != events.rend() && over != 0; ++e) {
    outgoing& event = **e;
    if (event.only && event.outcome == delivery::queued) event.outcome = delivery::over_budget;
    const std::size_t told = event.only ? 1 : std::min(over, event.sum.queued);
    correct(event.sum, over);
    over -= std::min(over, told);
  }
}

void memory_adapter::log_and_deliver(outgoing& event) {
  try {
    if (event.only) {
      log().append(event.at, event.packet, event.only->id(), host().timers().now());
    } else {
      log().append(event.at, event.packet, event.to, host().timers().now());
    }
    wake_for_trim();
    if (event.only) {
      event.outcome = deliver_locked(*event.only, *event.packet, event.to.flags);
    } else {
      event.sum = deliver_locked(*event.packet, event.to);
    }
  } catch (...) {  // no memory
    event.thrown = std::current_exception();
  }
}

task<> memory_adapter::until_sent(std::shared_ptr<outgoing> event) {
  {
    const base::lock_guard lock(mutex_);
    if (event->is_sent) co_return;
  }
  auto hand_out = [this, event](std::shared_ptr<async::suspension> waiting) {
    {
      const base::lock_guard lock(mutex_);
      if (!event->is_sent) {
        event->waiting = std::move(waiting);
        return;
      }
    }
    waiting->end();
  };
  co_await async::wait(std::move(hand_out));
}

// When the socket has left, its client may have come back: a new socket has its id.
delivery memory_adapter::deliver_locked(local_socket& to, const outgoing_packet& packet, const emit_flags& flags) {
  if (to.alive()) return to.emit(packet, flags);
  const auto again = local_adapter::table_.socket_of(to.id());
  return again ? again->emit(packet, flags) : delivery::refused;
}

delivery memory_adapter::deliver_to(local_socket& to, const outgoing_packet& packet, const emit_flags& flags) {
  if (to.alive()) return to.emit(packet, flags);
  const base::lock_guard lock(mutex_);
  return deliver_locked(to, packet, flags);
}

// ---------------------------------------------------------------- sessions

task<> memory_adapter::persist_session(session_record record) {
  const base::lock_guard lock(mutex_);
  log().keep(std::move(record), host().timers().now());
  wake_for_trim();
  co_return;
}

task<std::shared_ptr<const session_record>> memory_adapter::restore_session(std::string pid, std::string offset) {
  std::shared_ptr<const session_record> out;
  const base::lock_guard lock(mutex_);
  if (auto found = log().take(pid, offset, host().timers().now()))
    out = std::make_shared<const session_record>(std::move(*found));
  co_return out;
}

// Arms one deadline for the oldest entry. Newer entries become too old later.
void memory_adapter::wake_for_trim() {
  if (will_trim_) return;
  const auto at = log().next_trim();
  if (!at || *at == async::time_point::max()) return;
  owned_by(weak_from_this());
  host().timers().arm(*this, base::later(std::max(*at, host().timers().now()), std::chrono::seconds(1)));
  will_trim_ = true;
}

void memory_adapter::on_deadline() {
  const base::lock_guard lock(mutex_);
  will_trim_ = false;
  log().trim(host().timers().now());
  wake_for_trim();
}

}  // namespace cosio::inline v0_2::adapters
