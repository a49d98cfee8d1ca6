// Requests, responses, and payloads taken apart.

#include "polling_link.hpp"

#include <algorithm>
#include <utility>

#include "bad_answer.hpp"
#include "http_answer.hpp"

namespace bench {
namespace {

constexpr char separator = '\x1e';
constexpr int ok = 200;

}  // namespace

void polling_link::close() noexcept {
  paused_ = idle_told_ = true;
  get_.close();
  post_.close();
}

void polling_link::queue(std::string_view packet) {
  if (!queued_.empty()) queued_ += separator;
  queued_ += packet;
}

void polling_link::flush() {
  if (posting_ || idle_told_ || queued_.empty()) return;
  std::string request = where_.request("POST", "polling", sid_);
  request.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ")
      .append(std::to_string(queued_.size()))
      .append("\r\n\r\n")
      .append(queued_);
  queued_.clear();
  posting_ = true;
  connect(post_);
  post_.send(request);
}

void polling_link::pause() {
  paused_ = true;
  tell_when_idle();
}

void polling_link::ask() {
  if (asking_ || paused_) return;
  asking_ = true;
  connect(get_);
  get_.send(where_.request("GET", "polling", sid_).append("\r\n"));
}

void polling_link::connect(stream& which) {
  if (!which.is_open()) which.open(where_.address, where_.address_size, where_.tls.get());
}

std::size_t polling_link::on_bytes(stream& from, std::span<char> bytes) {
  try {
    return read_all(from, bytes);
  } catch (const bad_answer& wrong) {
    close();
    user_.on_link_lost(wrong.what());
    return bytes.size();
  }
}

std::size_t polling_link::read_all(stream& from, std::span<const char> bytes) {
  std::size_t used = 0;
  std::size_t needed = 0;
  while (used < bytes.size()) {
    const auto got = read_http_answer(bytes.subspan(used), needed);
    if (!got) break;
    used += got->size;
    if (got->closes) {
      from.close();
      ++reopened_;
    }
    take(from, got->status, got->body);
    if (got->closes || !from.is_open()) return bytes.size();
  }
  from.expect(needed);
  return used;
}

void polling_link::take(stream& from, int status, std::string_view body) {
  const bool answers_get = &from == &get_;
  bool& waiting = answers_get ? asking_ : posting_;
  if (!std::exchange(waiting, false)) throw bad_answer("an HTTP response that nobody asked for");
  if (status != ok) {
    throw bad_answer((answers_get ? "GET" : "POST") + std::string(" answered with HTTP ") + std::to_string(status) +
                     ": " + std::string(body.substr(0, 80)));
  }
  while (answers_get && !body.empty()) {
    const auto end = std::min(body.find(separator), body.size());
    user_.on_engine_packet(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  if (answers_get) ask();
  flush();
  tell_when_idle();
}

void polling_link::tell_when_idle() {
  if (!paused_ || asking_ || posting_ || !queued_.empty() || std::exchange(idle_told_, true)) return;
  user_.on_link_idle();
}

// A server may close a connection that is kept alive between two requests.
void polling_link::on_closed(stream& which, std::string_view why) {
  const bool under_way = &which == &get_ ? asking_ : posting_;
  if (!under_way) {
    ++reopened_;
    return;
  }
  close();
  user_.on_link_lost(why);
}

}  // namespace bench
