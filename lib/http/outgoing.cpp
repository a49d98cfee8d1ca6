// Heads of responses, and the order in which their bytes leave.

#include "http/outgoing.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "http/file_body.hpp"
#include "http/request_parser.hpp"

namespace cosio::inline v0_2::http {
namespace {

// Bytes. A smaller body is copied behind the head instead of written as a piece of its own.
constexpr std::size_t small_body = 512;

bool is_ours(std::string_view name) noexcept {
  return same_name(name, "content-length") || same_name(name, "transfer-encoding") || same_name(name, "connection");
}

void append_number(std::string& to, std::uint64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

std::span<char> piece_buffer() noexcept {
  static thread_local std::array<char, outgoing::file_piece> buffer;
  return buffer;
}

}  // namespace

std::uint64_t body_size(const response& answer) noexcept {
  return answer.file() ? answer.file()->size() : answer.body().size();
}

std::string response_head(const response& answer, const framing_rules& rules, std::string_view fields) {
  std::string head = "HTTP/1.1 ";
  head.reserve(256 + (answer.body().size() <= small_body ? answer.body().size() : 0));
  append_number(head, answer.status());
  head.append(1, ' ').append(reason_phrase(answer.status())).append("\r\n");
  if (rules.last) {
    head += "Connection: close\r\n";
  } else if (rules.http_1_0) {
    head += "Connection: keep-alive\r\n";
  }
  for (const auto& [name, value] : answer.headers())
    if (!is_ours(name)) head.append(name).append(": ").append(value).append("\r\n");
  head += fields;
  // 204 may have a Content-Length of 0, as the reference's preflight answers do. 304 has none for the body that
  // it omits.
  if (may_have_body(answer.status()) || (answer.status() == 204 && !answer.get("content-length").empty())) {
    head += "Content-Length: ";
    append_number(head, may_have_body(answer.status()) ? body_size(answer) : 0);
    head += "\r\n";
  }
  head += "\r\n";
  return head;
}

void outgoing::push(response answer, const framing_rules& rules, std::string_view fields) {
  std::string head = response_head(answer, rules, fields);
  const std::string& body = answer.body();
  const bool with_body = !rules.head_only && may_have_body(answer.status()) && body_size(answer) != 0;
  if (!with_body) return push(std::move(head));
  if (!answer.file() && body.size() <= small_body) return push(std::move(head.append(body)));
  parts_.push_back({std::move(head), std::move(answer), true, 0});
}

void outgoing::push(std::string bytes) { parts_.push_back({std::move(bytes), response(), false, 0}); }

std::span<iovec> outgoing::gather(std::array<iovec, 16>& room) const noexcept {
  std::size_t used = 0;
  const auto add = [&](std::string_view bytes, std::uint64_t from) {
    if (from < bytes.size() && used < room.size())
      room[used++] = {const_cast<char*>(bytes.data()) + from, bytes.size() - static_cast<std::size_t>(from)};
  };
  for (const part& p : parts_) {
    add(p.head, p.sent);
    if (!p.with_body) continue;
    const std::uint64_t of_body = p.sent - std::min<std::uint64_t>(p.sent, p.head.size());
    if (p.answer.file()) {  // the thread has one buffer, so the parts behind it wait
      const std::span<char> piece = piece_buffer();
      add({piece.data(), p.answer.file()->read(of_body, piece)}, 0);
      break;
    }
    add(p.answer.body(), of_body);
  }
  return {room.data(), used};
}

outgoing::file_place outgoing::long_file() const noexcept {
  if (parts_.empty()) return {};
  const part& next = parts_.front();
  if (!next.with_body || !next.answer.file() || next.sent < next.head.size()) return {};
  const std::uint64_t at = next.sent - next.head.size();
  if (next.answer.file()->size() - at <= file_piece) return {};
  return {next.answer.file().get(), at};
}

void outgoing::written(std::size_t bytes) noexcept {
  auto p = parts_.begin();
  for (; p != parts_.end(); ++p) {
    const std::uint64_t size = p->head.size() + (p->with_body ? body_size(p->answer) : 0);
    const std::uint64_t taken = std::min<std::uint64_t>(bytes, size - p->sent);
    p->sent += taken;
    bytes -= static_cast<std::size_t>(taken);
    if (p->sent < size) break;
  }
  parts_.erase(parts_.begin(), p);
}

}  // namespace cosio::inline v0_2::http
