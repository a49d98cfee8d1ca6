// The wire over PostgreSQL.

#include "cluster/postgres_wire.hpp"

#include <cosio/error.hpp>

#include <chrono>
#include <utility>

#include "async/hop.hpp"
#include "async/suspension.hpp"
#include "base/logger.hpp"
#include "cluster/cluster_messages.hpp"
#include "cluster/postgres_text.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// It was published before: this only tells of it.
task<publication> told_later(publication what) { co_return what; }

}  // namespace

postgres_wire::postgres_wire(async::executor on, async::deadlines& timers,
                             std::shared_ptr<const postgres_options> settings,
                             const std::shared_ptr<const postgres_address>& to)
    : strand_(on),
      timers_(timers),
      settings_(std::move(settings)),
      outbox_(std::make_shared<postgres_outbox>(strand_, timers, settings_, to, outage_)),
      inbox_(std::make_shared<postgres_inbox>(strand_, timers, settings_, to, outage_)) {}

// The connections are closed on their strand: an operation of theirs may be running, and uses the timers.
postgres_wire::~postgres_wire() {
  base::guarded("cluster", [this] {
    async::post(strand_, "cluster", [timers = timers_.keep(), outbox = outbox_, inbox = inbox_] {
      outbox->close();
      inbox->close();
    });
  });
}

void postgres_wire::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    const auto changed = [weak] {
      if (const auto wire = weak.lock()) wire->on_change();
    };
    self->outbox_->start(changed);
    self->inbox_->prepare(changed, [outbox = self->outbox_] { return outbox->pid(); });
  });
}

task<> postgres_wire::listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) {
  return listen_on(shared_from_this(), std::move(nsp), std::move(uid), std::move(to));
}

task<> postgres_wire::listen_on(self_ptr self, std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) {
  std::string channel = postgres_channel(self->settings_->channel_prefix, nsp);
  const std::string problem = channel_problem(channel);
  if (!problem.empty()) throw error(errc::bad_argument, problem);
  auto hand_out = [self, channel = std::move(channel), nsp = std::move(nsp), uid = std::move(uid),
                   to = std::move(to)](std::shared_ptr<async::suspension> done) mutable {
    async::post(self->strand_, "cluster",
                [self, channel = std::move(channel), nsp = std::move(nsp), uid = std::move(uid), to = std::move(to),
                 done = std::move(done)]() mutable {
                  const auto told = to;
                  const bool is_away = self->was_lost_;
                  self->inbox_->add(std::move(channel), std::move(nsp), std::move(uid), std::move(to), done);
                  if (!is_away) return;
                  done->end();
                  told->lost();
                });
  };
  co_await async::wait(std::move(hand_out));
}

task<> postgres_wire::stop(std::string nsp, std::string uid) {
  return stop_on(shared_from_this(), std::move(nsp), std::move(uid));
}

task<> postgres_wire::stop_on(self_ptr self, std::string nsp, std::string uid) {
  std::string channel = postgres_channel(self->settings_->channel_prefix, nsp);
  auto hand_out = [self, channel = std::move(channel),
                   uid = std::move(uid)](std::shared_ptr<async::suspension> done) mutable {
    async::post(self->strand_, "cluster", [self, channel = std::move(channel), uid = std::move(uid), done]() mutable {
      self->inbox_->remove(channel, uid);
      self->outbox_->when_empty(std::move(done));
    });
  };
  co_await async::wait(std::move(hand_out));
}

// At once, and not when the task is awaited: messages keep the order of the calls.
task<publication> postgres_wire::publish(cluster_message message) { return told_later(hand_over(message, nullptr)); }

task<publication> postgres_wire::publish_confirmed(cluster_message message, std::chrono::milliseconds within) {
  auto send = [self = shared_from_this(), message = std::move(message)](const std::shared_ptr<wire_receipt>& receipt) {
    publication how = self->hand_over(message, receipt);
    if (!how.ok) receipt->settle(std::move(how));
  };
  return publish_by(outbox_->presence(), &timers_, within, std::move(send));
}

publication postgres_wire::hand_over(const cluster_message& message, std::shared_ptr<wire_receipt> receipt) {
  postgres_letter what;
  what.channel = postgres_channel(settings_->channel_prefix, message.nsp);
  std::string problem = channel_problem(what.channel);
  if (!problem.empty()) return publication::failed(std::move(problem));
  what.body = write_message(message);
  const bool is_text = what.body.starts_with('{');
  if (!is_text || what.body.size() >= settings_->payload_threshold) {
    if (is_text) what.body = write_message_msgpack(message);
    what.frame = frame_of_attachment(message.uid, static_cast<unsigned>(message.type));
  }
  what.receipt = std::move(receipt);
  return outbox_->publish(std::move(what));
}

// The receivers are told once of an outage of either connection, and once of its end.
void postgres_wire::on_change() {
  const bool is_up = outbox_->up() && (inbox_->up() || !inbox_->is_used());
  const bool is_down = outbox_->is_away() || inbox_->is_away();
  up_ = is_up;
  reconnected_ = outbox_->reconnected() + inbox_->reconnected();
  if (was_lost_ && inbox_->is_away()) inbox_was_away_ = true;
  if (is_down && !was_lost_) {
    was_lost_ = true;
    inbox_was_away_ = inbox_->is_away();
    lost_since_ = timers_.now();
    for (const auto& to : inbox_->receivers()) base::guarded("cluster", [&] { to->lost(); });
  }
  if (!is_up || !std::exchange(was_lost_, false)) return;
  wire_gap gap;
  gap.duration = std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now() - lost_since_);
  gap.may_have_lost = inbox_was_away_;
  for (const auto& to : inbox_->receivers()) base::guarded("cluster", [&] { to->restored(gap); });
}

wire_counts postgres_wire::counts() const {
  wire_counts out;
  outbox_->count(out);
  out.received = inbox_->received();
  out.reconnected = reconnected_;
  out.connected = up_;
  return out;
}

}  // namespace cosio::inline v0_2::cluster
