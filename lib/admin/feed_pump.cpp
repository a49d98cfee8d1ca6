// The feed's way out: what waits in the backlog, lists of sockets, and numbers.
//
//   wake() -> on_pump(), a moment later -> pump() -> lists for new pages -> changes -> the rest of the lists
//   on_second() -> stats -> server_stats, server_details
//
// A list replaces all that a page knows. So nothing is sent between the look at the records and the list. It has the
// first sockets only: the others follow as if they had just connected, when the budget allows.

#include <algorithm>
#include <exception>
#include <utility>

#include "admin/feed.hpp"
#include "admin/news_texts.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"
#include "engine/session.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto between_rounds = 100ms;            // all that happens meanwhile becomes one change
constexpr std::size_t most_buffered = 1'000'000;  // bytes in the outbox of a page, above which its list waits

}  // namespace

void feed::wake() {
  if (has_audience_ && !pump_waits_.exchange(true)) runtime_->timers().arm_after(pump_at_, between_rounds);
}

void feed::on_pump() {
  pump_waits_ = false;
  again_ = pumping_;
  if (pumping_) return;
  pumping_ = true;
  async::spawn(strand_, "socketio", pump(shared_from_this()));
}

// An exception of the adapter ends this round only.
task<> feed::pump(std::shared_ptr<feed> self) {
  std::exception_ptr thrown;
  try {
    auto lists = tell_lists(self);
    co_await std::move(lists);
    auto changes = tell_changes(self);
    co_await std::move(changes);
    auto rest = tell_rest(self);
    co_await std::move(rest);
  } catch (...) {
    thrown = std::current_exception();
  }
  self->pumping_ = false;
  if (thrown) base::log_thrown("socketio", {"the dashboard could not be told"}, thrown);
  if (self->again_ || !self->served_.empty() || !self->changes_.empty()) self->wake();
}

void feed::take_newcomers() {
  std::vector<newcomer> came;
  {
    const base::lock_guard lock(mutex_);
    came.swap(newcomers_);
  }
  for (newcomer& one : came) served_.push_back(std::move(one));
  std::erase_if(served_, [](const newcomer& one) {
    if (!one.is_ours) return false;
    const auto page = one.ours.lock();
    return !page || !page->connected();
  });
  if (!is_on()) served_.clear();
}

// The first sockets of all.
packet_text feed::list_for(newcomer& of) const {
  of.todo = changes_.records();
  std::vector<std::string> sockets;
  std::size_t bytes = 0;
  while (of.done < of.todo.size() && bytes < opts_.max_first_list) {
    const auto known = changes_.known(*of.todo[of.done++]);
    auto text = known ? listed(*known, opts_.max_shown_bytes) : std::nullopt;
    if (!text) continue;
    bytes += text->size();
    sockets.push_back(*std::move(text));
  }
  return all_sockets_text(sockets);
}

// One more socket. Nothing when all are told.
std::optional<packet_text> feed::next_for(newcomer& of) const {
  while (of.done < of.todo.size()) {
    const auto known = changes_.known(*of.todo[of.done++]);
    if (!known) continue;
    if (const auto text = listed(*known, opts_.max_shown_bytes)) return connected_text(*text, known->at);
  }
  return std::nullopt;
}

task<> feed::tell_lists(std::shared_ptr<feed> self) {
  self->take_newcomers();
  for (std::size_t i = 0; i < self->served_.size(); ++i) {
    if (self->served_[i].has_list) {
      if (self->served_[i].todo.empty()) self->served_[i].todo = self->changes_.records();
      continue;
    }
    if (self->left() <= 0) continue;
    packet_text list = self->list_for(self->served_[i]);
    self->served_[i].has_list = true;
    const std::string to = self->served_[i].id;
    self->budget_.spend(list.json.size());
    auto sending = send(self, std::move(list), to);
    co_await std::move(sending);
    if (!self->is_in_cluster()) continue;
    auto telling = tell_servers(self, to);
    co_await std::move(telling);
  }
}

// Lists that wait get half of the bytes.
task<> feed::tell_changes(std::shared_ptr<feed> self) {
  const double kept = self->served_.empty() ? 0 : std::max(0.0, self->left() / 2);
  while (self->left() > kept) {
    const auto first = self->changes_.next();
    if (!first) co_return;
    std::vector<packet_text> packets = packets_of(*first, self->opts_.max_shown_bytes);
    for (packet_text& one : packets) {
      self->budget_.spend(one.json.size());
      auto sending = send(self, std::move(one), std::string());
      co_await std::move(sending);
    }
  }
}

task<> feed::tell_rest(std::shared_ptr<feed> self) {
  for (std::size_t i = 0; i < self->served_.size();) {
    newcomer& one = self->served_[i];
    const auto page = one.ours.lock();
    const bool must_wait = !one.has_list || (page && page->session().buffered() > most_buffered);
    if (must_wait || self->left() <= 0) {
      ++i;
      continue;
    }
    auto packet = self->next_for(one);
    if (!packet) {
      self->served_.erase(self->served_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    self->budget_.spend(packet->json.size());
    auto sending = send(self, *std::move(packet), one.id);
    co_await std::move(sending);
  }
}

task<> feed::tell_servers(std::shared_ptr<feed> self, std::string page) {
  const auto core = self->pages_.lock();
  if (!core) co_return;
  const nsp all(core);
  auto telling = all.server_side_emit(newcomer_event, page);
  co_await std::move(telling);
}

// To one page, or to all.
task<> feed::send(std::shared_ptr<feed> self, packet_text what, std::string to) {
  const auto nsp = self->pages_.lock();
  if (!nsp) co_return;
  target whom;
  if (!to.empty()) {
    whom.everybody = false;
    whom.rooms.push_back(std::move(to));
  }
  self->packets_.fetch_add(1, std::memory_order_relaxed);
  self->bytes_.fetch_add(what.json.size(), std::memory_order_relaxed);
  event_data data(std::move(what.json), {});
  auto packet = nsp->encode(std::move(what.event), std::move(data), std::nullopt, whom.flags);
  auto sending = nsp->adapter().broadcast(std::move(packet), std::move(whom));
  co_await std::move(sending);
}

// ---------------------------------------------------------------- numbers

void feed::begin_to_count() {
  const auto core = server_.lock();
  if (counting_ || !core) return;
  counting_ = true;
  seconds_ = 0;
  stats_.begin(server(core).metrics());
  runtime_->timers().arm_after(second_at_, 1s);
}

void feed::on_second() {
  const auto core = server_.lock();
  if (!core || core->is_closing() || !has_audience_) {
    counting_ = false;  // until a page comes
    return;
  }
  stats_.sample(server(core).metrics(), time_now());
  if (++seconds_ % 2 == 0) async::spawn(strand_, "socketio", tell_numbers(shared_from_this()));
  runtime_->timers().arm_after(second_at_, 1s);
}

task<> feed::tell_numbers(std::shared_ptr<feed> self) {
  const auto core = self->server_.lock();
  if (!core) co_return;
  const metrics now = server(core).metrics();
  stats::moment of;
  of.now = &now;
  of.uptime = std::chrono::duration<double>(self->runtime_->timers().now() - self->began_).count();
  of.left_out = self->changes_.left_out();
  for (const auto& one : core->all())
    of.namespaces.emplace_back(one->name(), one->adapter().local_sockets(target()).size());
  packet_text details = self->stats_.server_details(of);
  auto numbers = send(self, self->stats_.server_stats(of), std::string());
  co_await std::move(numbers);
  auto more = send(self, std::move(details), std::string());
  co_await std::move(more);
}

}  // namespace cosio::inline v0_2::admin
