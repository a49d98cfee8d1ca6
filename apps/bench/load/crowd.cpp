// Chooses the clients that may begin now: not too many at once, and with a rate not before their time.

#include "crowd.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace bench {
namespace {

constexpr std::chrono::milliseconds longest_turn{50};
constexpr std::chrono::milliseconds between_looks{250};

}  // namespace

crowd::crowd(loop& turns, const target& where, const options& wanted, failures& wrong, progress& told)
    : loop_(turns), wanted_(wanted), wrong_(wrong), told_(told) {
  for (std::uint32_t number = 0; number < wanted.clients; ++number) {
    clients_.emplace_back(turns, *this, where, wanted.way, number);
  }
}

void crowd::connect_all() {
  begun_ = looked_ = clock::now();
  while (started_ < size() || under_way_ > 0) {
    const auto now = clock::now();
    const bool all_due_have_begun = start_those_due(now);
    loop_.turn(all_due_have_begun && wanted_.connect_rate > 0 ? nanoseconds(1'000'000) : nanoseconds(longest_turn));
    give_up_the_stuck(now);
    told_.show(
        [this] { return "connecting: " + std::to_string(ready_) + " of " + std::to_string(size()) + " clients"; });
  }
}

bool crowd::start_those_due(clock::time_point now) {
  while (started_ < size() && under_way_ < wanted_.concurrent) {
    auto due = now;
    if (wanted_.connect_rate > 0) {
      due = begun_ + to_nanoseconds(seconds(started_ / wanted_.connect_rate));
      if (due > now) return true;
    }
    ++under_way_;
    clients_[started_++].start(due);
  }
  return started_ == size();
}

void crowd::give_up_the_stuck(clock::time_point now) {
  if (now - looked_ < between_looks) return;
  looked_ = now;
  for (client& each : clients_) {
    if (each.is_connecting() && now - each.started() > wanted_.timeout) each.give_up("not in before the timeout");
  }
}

void crowd::close_all() {
  for (client& each : clients_) each.close();
}

std::uint64_t crowd::reopened() const {
  std::uint64_t sum = 0;
  for (const client& each : clients_) sum += each.reopened();
  return sum;
}

void crowd::on_ready(client& who) {
  ++ready_;
  --under_way_;
  connecting_.add(clock::now() - who.started());
}

void crowd::on_packet(client& who, std::string_view packet) {
  if (with_ != nullptr) with_->on_packet(who, packet);
}

void crowd::on_attachment(client& who, std::string_view bytes) {
  if (with_ != nullptr) with_->on_attachment(who, bytes);
}

void crowd::on_read_done(client& who) {
  if (with_ != nullptr) with_->on_read_done(who);
}

void crowd::on_lost(client& who, std::string_view why, bool was_ready) {
  wrong_.add(why, "client " + std::to_string(who.number()));
  ++lost_;
  --(was_ready ? ready_ : under_way_);
}

}  // namespace bench
