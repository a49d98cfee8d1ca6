// The application under test: what it does by itself, and its waits.

#include <algorithm>
#include <utility>

#include "simulation/house.hpp"

namespace cosio::simulation {

// A predicate that takes its time, now and then.
task<bool> house::allow(std::string nsp) {
  const visit here(under_way_);
  if (dice_.chance(100)) co_await nap();
  co_return nsp.starts_with("/guest-");
}

// The wait ends when the socket does, wherever that is by then.
void house::watch(const cosio::socket& who) {
  if (!dice_.chance(200)) return;
  auto work = wait_for_end(who, !who.connected());
  cosio::spawn(io_.executor(), std::move(work));
}

task<> house::wait_for_end(cosio::socket who, bool entering) {
  const visit here(under_way_);
  const member* const m = book_.find_member(who);
  if (m == nullptr) co_return;
  const reason why = co_await who.disconnected();
  book_.met(entering ? feature::waited_for_end_early : feature::waited_for_end);
  if (who.connected()) book_.complain(*m, "is said to have left, but is connected");
  if (m->why && m->why->what() != why.what())
    book_.complain(*m, "has left with one reason, and is waited for with another: " + std::string(why.text()));
}

// Whatever its handle does now is done to nobody, also when the client has come back as the same socket.
task<> house::act_late(cosio::socket who) {
  const visit here(under_way_);
  co_await nap();
  try {
    co_await who.leave("kitchen");
    co_await who.join("attic");
  } catch (const cosio::error&) {  // it has left
  }
  book_.met(feature::acted_late);
}

// ---------------------------------------------------------------- by itself

task<> house::herd(std::string nsp, std::string from, std::string to, bool in) {
  const visit here(under_way_);
  const auto whom = book_.matching({nsp, {from}, nullptr});
  const auto out = io_.of(nsp).in(from);
  if (in) {
    co_await out.sockets_join(to);
  } else {
    co_await out.sockets_leave(to);
  }
  for (member* m : whom) {
    if (in && m->who.connected()) m->rooms.insert(to);
    if (!in) m->rooms.erase(to);
  }
}

task<> house::send_away(std::string nsp, std::string room, bool close) {
  const visit here(under_way_);
  for (member* m : book_.matching({nsp, {room}, nullptr})) book_.dismiss(*m);
  co_await io_.of(nsp).in(room).disconnect_sockets(close);
}

task<> house::act() {
  const auto all = namespaces();
  std::string nsp = all[dice_.below(2)];
  const auto names = rooms();
  std::string room = names[dice_.below(names.size())];
  std::string other = names[dice_.below(names.size())];
  const std::size_t what = dice_.below(100);
  if (what < 60) return emit({nsp, {room}, nullptr}, some_size(), what < 10);
  if (what < 75) return emit({nsp, {room, other}, nullptr}, some_size(), false);
  if (what < 85) return emit({nsp, {}, nullptr}, some_size(), false);
  if (what < 97) return herd(std::move(nsp), std::move(room), std::move(other), what % 2 == 0);
  if (!sends_away_) return emit({nsp, {room}, nullptr}, some_size(), false);
  return send_away(std::move(nsp), std::move(room), what == 97);
}

task<> house::nap() {
  auto hand_out = [this](std::shared_ptr<async::suspension> sleeper) { sleepers_.push_back(std::move(sleeper)); };
  co_await async::suspend(std::move(hand_out));
}

bool house::wake_one() {
  if (sleepers_.empty()) return false;
  const std::size_t which = dice_.below(sleepers_.size());
  std::swap(sleepers_[which], sleepers_.back());
  const auto sleeper = std::move(sleepers_.back());
  sleepers_.pop_back();
  sleeper->end();
  return true;
}

void house::wake_all() {
  while (wake_one()) {
  }
}

}  // namespace cosio::simulation
