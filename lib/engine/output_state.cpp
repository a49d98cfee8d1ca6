// The way out of one session: what it is doing, who waits for it, and how it ends.

#include <utility>

#include "engine/output.hpp"
#include "engine/websocket_transport.hpp"

namespace cosio::inline v0_2::engine {

std::size_t output::buffered() const {
  const base::lock_guard lock(mutex_);
  return outbox_.bytes();
}

std::size_t output::queued_cost() const {
  const base::lock_guard lock(mutex_);
  return outbox_.cost();
}

std::pair<std::size_t, std::size_t> output::measured() const {
  const base::lock_guard lock(mutex_);
  const std::size_t unsent = websocket_ && blocked_ ? websocket_->unsent_bytes() : 0;
  return {outbox_.measured() + unsent, outbox_.large_cost()};
}

bool output::is_accepting() const {
  const base::lock_guard lock(mutex_);
  return accepting_;
}

bool output::on_websocket() const {
  const base::lock_guard lock(mutex_);
  return on_websocket_;
}

std::shared_ptr<websocket_transport> output::websocket() const {
  const base::lock_guard lock(mutex_);
  return websocket_;
}

void output::use_websocket(std::shared_ptr<websocket_transport> transport) {
  const base::lock_guard lock(mutex_);
  on_websocket_ = true;
  websocket_ = std::move(transport);
}

void output::drop_websocket(const websocket_transport& lost) {
  const base::lock_guard lock(mutex_);
  if (websocket_.get() == &lost) websocket_ = nullptr;
}

output::progress output::take_progress() noexcept {
  const base::lock_guard lock(mutex_);
  const bool moved = progressed_;
  progressed_ = false;
  if (outbox_.cost() == 0) return progress::idle;
  return moved ? progress::moving : progress::stuck;
}

task<> output::wait_for_room(std::shared_ptr<output> self) {
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) { self->add_wait_for_room(std::move(waiting)); };
  co_await async::wait(std::move(hand_out));
}

void output::add_wait_for_room(std::shared_ptr<async::suspension> waiting) {
  {
    const base::lock_guard lock(mutex_);
    if (accepting_ && outbox_.cost() > host_->settings().high_water_mark / 2) {
      waits().for_room.push_back(std::move(waiting));
      return;
    }
  }
  waiting->end();
}

task<bool> output::wait_until_sent(std::shared_ptr<output> self) {
  auto hand_out = [self](std::shared_ptr<async::suspension> waiting) { self->add_wait_for_empty(std::move(waiting)); };
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  if (ec && ec != make_error_code(errc::disconnected)) throw boost::system::system_error(ec);
  co_return !ec;
}

void output::add_wait_for_empty(std::shared_ptr<async::suspension> waiting) {
  bool ended = false;
  {
    const base::lock_guard lock(mutex_);
    ended = ended_;
    if (!ended && outbox_.cost() != 0) {
      waits().for_empty.push_back(std::move(waiting));
      return;
    }
  }
  waiting->end(ended ? make_error_code(errc::disconnected) : boost::system::error_code());
}

output::waiters& output::waits() {
  if (!waiting_) waiting_ = std::make_unique<waiters>();
  return *waiting_;
}

// Ends the waits whose mark has been reached.
void output::end_waits() {
  waiters done;
  {
    const base::lock_guard lock(mutex_);
    if (!waiting_) return;
    if (outbox_.cost() <= host_->settings().high_water_mark / 2) done.for_room.swap(waiting_->for_room);
    if (outbox_.cost() == 0) done.for_empty.swap(waiting_->for_empty);
    if (waiting_->for_room.empty() && waiting_->for_empty.empty()) waiting_ = nullptr;
  }
  for (const auto& w : done.for_room) w->end();
  for (const auto& w : done.for_empty) w->end();
}

void output::waiters::end_all() const {
  for (const auto& w : for_room) w->end();
  for (const auto& w : for_empty) w->end(make_error_code(errc::disconnected));
}

bool output::stop_accepting(bool discard) {
  const base::lock_guard lock(mutex_);
  accepting_ = false;
  note_crowding();
  if (discard) drop_queued();
  return outbox_.empty() && !writing_;
}

output::parts output::become_closed() noexcept {
  const base::lock_guard lock(mutex_);
  accepting_ = false;
  note_crowding();
  ended_ = true;
  return {std::move(websocket_), std::move(waiting_)};
}

void output::clear() noexcept {
  const base::lock_guard lock(mutex_);
  drop_queued();
}

void output::drop_queued() noexcept {
  const costs before = current_costs();
  outbox_.clear();
  tell_account(before);
}

bool output::is_broken() const {
  const base::lock_guard lock(mutex_);
  return broken_;
}

void output::on_broken(const std::exception_ptr& thrown) noexcept {
  {
    const base::lock_guard lock(mutex_);
    broken_ = true;
  }
  owner_.on_output_broken(thrown);
}

}  // namespace cosio::inline v0_2::engine
