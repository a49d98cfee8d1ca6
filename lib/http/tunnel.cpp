// Bytes from one stream to another, and back.

#include "http/tunnel.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "async/spawn.hpp"

namespace cosio::inline v0_2::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds time_for_last_words{10'000};  // when the other side has ended its direction

std::span<char> tunnel_buffer() noexcept {
  static thread_local std::array<char, tunnel::piece> buffer;
  return buffer;
}

}  // namespace

tunnel::tunnel(async::strand on, std::shared_ptr<async::deadlines> timers, std::unique_ptr<async::stream> client,
               std::unique_ptr<async::stream> server, std::chrono::milliseconds idle,
               std::function<void(std::uint64_t)> ended)
    : strand_(std::move(on)),
      timers_(std::move(timers)),
      client_(std::move(client)),
      server_(std::move(server)),
      idle_(idle),
      told_(std::move(ended)) {}

tunnel::~tunnel() { timers_->disarm(alarm_); }

std::shared_ptr<tunnel> tunnel::start(const async::strand& on, std::shared_ptr<async::deadlines> timers, side client,
                                      side server, std::chrono::milliseconds idle,
                                      std::function<void(std::uint64_t)> ended) {
  auto self = std::make_shared<tunnel>(on, std::move(timers), std::move(client.stream), std::move(server.stream), idle,
                                       std::move(ended));
  self->alarm_.owned_by(self);
  self->timers_->arm_after(self->alarm_, idle);
  async::spawn(on, "http", pump(self, self->server_.get(), self->client_.get(), std::move(client.first)));
  async::spawn(on, "http", pump(self, self->client_.get(), self->server_.get(), std::move(server.first)));
  return self;
}

// A direction: everything that `from` sends goes to `to`.
task<> tunnel::pump(std::shared_ptr<tunnel> self, async::stream* from, async::stream* to, std::string first) {
  error_code ec;
  try {
    self->bytes_ += first.size();
    ec = co_await async::write_all(*to, self->strand_, std::move(first));
    while (!ec && !self->ended_) {
      ec = co_await async::readable(*from, self->strand_);
      if (ec || self->ended_) break;
      std::string rest;
      ec = self->move_some(*from, *to, rest);
      if (!ec && !rest.empty()) ec = co_await async::write_all(*to, self->strand_, std::move(rest));
    }
  } catch (...) {
    self->end();
    throw;
  }
  self->end_direction(*to, ec);
}

// Reads once, and writes as much of it as `to` takes. @param rest  Gets the bytes that it does not take.
error_code tunnel::move_some(async::stream& from, async::stream& to, std::string& rest) noexcept {
  error_code ec;
  const std::span<char> buffer = tunnel_buffer();
  const std::size_t read = from.read_some(buffer, ec);
  if (read == 0) {
    if (ec == asio::error::would_block) ec = {};
    return ec;
  }
  ec = {};
  bytes_ += read;
  moved_ = true;
  const iovec all{buffer.data(), read};
  const std::size_t written = to.write_some({&all, 1}, ec);
  if (ec && ec != asio::error::would_block) return ec;
  ec = {};
  try {
    rest.assign(buffer.data() + written, read - written);
  } catch (...) {
    ec = make_error_code(boost::system::errc::not_enough_memory);
  }
  return ec;
}

void tunnel::end_direction(async::stream& to, error_code why) noexcept {
  if (ended_) return;
  if (why != asio::error::eof || --directions_ == 0) return end();
  to.shutdown_send();
  base::guarded("http", [this] { timers_->arm_after(alarm_, std::min(idle_, time_for_last_words)); });
}

void tunnel::end() noexcept {
  if (std::exchange(ended_, true)) return;
  timers_->disarm(alarm_);
  client_->close();
  server_->close();
  kept_.reset();
  if (const auto told = std::exchange(told_, nullptr)) base::guarded("http", [&] { told(bytes_); });
}

void tunnel::cut() noexcept {
  base::guarded("http", [this] { async::post(strand_, "http", [self = shared_from_this()] { self->end(); }); });
}

void tunnel::on_time() {
  if (ended_) return;
  if (directions_ < 2 || !std::exchange(moved_, false)) return end();
  timers_->arm_after(alarm_, idle_);
}

}  // namespace cosio::inline v0_2::http
