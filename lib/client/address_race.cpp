// Happy eyeballs.

#include "client/address_race.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "async/wait_until.hpp"
#include "base/logger.hpp"
#include "client/failure.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t max_addresses = 32;

}  // namespace

endpoints in_turns(const endpoints& resolved) {
  if (resolved.empty()) return {};
  std::deque<asio::ip::tcp::endpoint> first;
  std::deque<asio::ip::tcp::endpoint> second;
  for (const auto& one : resolved) (one.protocol() == resolved.front().protocol() ? first : second).push_back(one);
  endpoints out;
  while (out.size() < max_addresses && !(first.empty() && second.empty())) {
    for (auto* from : {&first, &second}) {
      if (from->empty()) continue;
      out.push_back(from->front());
      from->pop_front();
    }
  }
  return out;
}

address_race::address_race(async::strand on, async::deadlines& timers, endpoints to, std::chrono::milliseconds delay)
    : strand_(std::move(on)), timers_(timers), to_(std::move(to)), delay_(delay) {}

task<tcp_socket> address_race::run(std::shared_ptr<address_race> self, async::time_point until) {
  self->owned_by(self);
  auto begin = [self](const std::weak_ptr<async::suspension>& waiting) {
    self->waiting_ = waiting;
    self->start_next();
  };
  std::exception_ptr thrown;
  try {
    co_await async::wait_until(self->timers_, until, std::move(begin));
  } catch (...) {
    thrown = std::current_exception();
  }
  const bool in_time = self->ended_;
  self->end({});
  if (thrown) std::rethrow_exception(thrown);
  if (!in_time) throw failure(asio::error::timed_out, "the server did not answer in options.connect_timeout");
  if (!self->winner_) throw failure(self->failed_, "the server cannot be reached: " + self->failed_.message());
  co_return std::move(*self->sockets_[*self->winner_]);
}

void address_race::cancel() noexcept { end(asio::error::operation_aborted); }

void address_race::on_deadline() {
  async::post(strand_, "client", [self = shared_from_this()] { self->start_next(); });
}

void address_race::start_next() {
  if (ended_ || sockets_.size() == to_.size()) return;
  const std::size_t which = sockets_.size();
  sockets_.push_back(std::make_unique<tcp_socket>(strand_));
  ++under_way_;
  sockets_.back()->async_connect(to_[which], [self = shared_from_this(), which](error_code ec) {
    base::guarded("client", [&] { self->arrived(which, ec); });
  });
  if (sockets_.size() < to_.size()) timers_.arm_after(*this, delay_);
}

void address_race::arrived(std::size_t which, error_code ec) {
  --under_way_;
  if (ended_) return;
  if (!ec) {
    winner_ = which;
    return end({});
  }
  if (!failed_) failed_ = ec;
  if (sockets_.size() < to_.size()) {
    timers_.disarm(*this);
    return start_next();
  }
  if (under_way_ == 0) end({});
}

void address_race::end(error_code ec) noexcept {
  if (ended_) return;
  ended_ = true;
  timers_.disarm(*this);
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    error_code ignored;
    if (i != winner_) sockets_[i]->close(ignored);
  }
  if (const auto alive = waiting_.lock()) alive->end(ec);
}

}  // namespace cosio::inline v0_2::clients
