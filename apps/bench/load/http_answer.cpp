// A head, then a body with a length or in chunks.

#include "http_answer.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "bad_answer.hpp"

namespace bench {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr int switching_protocols = 101;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> field(std::string_view head, std::string_view name) {
  for (auto at = head.find(line_end); at != std::string_view::npos; at = head.find(line_end)) {
    head.remove_prefix(at + line_end.size());
    const std::string_view line = head.substr(0, head.find(line_end));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && same(line.substr(0, colon), name)) return trimmed(line.substr(colon + 1));
  }
  return std::nullopt;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || value > (std::size_t{1} << 30)) throw bad_answer("an HTTP response with a bad length");
  return value;
}

// Appends the chunks of a body; true when the last one was there.
bool read_chunks(std::string_view bytes, std::size_t& at, std::string& body) {
  for (;;) {
    const auto line = bytes.find(line_end, at);
    if (line == std::string_view::npos) return false;
    const std::size_t size = number(bytes.substr(at, line - at), 16);
    const std::size_t begin = line + line_end.size();
    if (bytes.size() < begin + size + line_end.size()) return false;
    body += bytes.substr(begin, size);
    at = begin + size + line_end.size();
    if (size == 0) return true;
  }
}

int status_of(std::string_view head) {
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!head.starts_with("HTTP/1.") || head.size() < version.size() + 3) throw bad_answer("no HTTP/1 response");
  return static_cast<int>(number(head.substr(version.size(), 3), 10));
}

}  // namespace

std::optional<http_head> read_http_head(std::span<const char> bytes) {
  const std::string_view all(bytes.data(), bytes.size());
  const auto end = all.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = all.substr(0, end + line_end.size());
  http_head got;
  got.status = status_of(head);
  got.closes = same(field(head, "connection").value_or(""), "close");
  if (const auto length = field(head, "content-length")) got.length = number(*length, 10);
  got.size = end + 2 * line_end.size();
  return got;
}

std::optional<http_answer> read_http_answer(std::span<const char> bytes, std::size_t& needed) {
  const auto begin = read_http_head(bytes);
  if (!begin) return std::nullopt;
  const std::string_view all(bytes.data(), bytes.size());
  const std::string_view head = all.substr(0, begin->size - line_end.size());
  http_answer got;
  got.status = begin->status;
  got.closes = begin->closes;
  got.accept = field(head, "sec-websocket-accept").value_or("");
  got.extensions = field(head, "sec-websocket-extensions").value_or("");
  got.size = begin->size;
  if (got.status == switching_protocols) return got;
  if (same(field(head, "transfer-encoding").value_or(""), "chunked")) {
    if (!read_chunks(all, got.size, got.body)) return std::nullopt;
    return got;
  }
  if (!begin->length) throw bad_answer("an HTTP response without a length");
  const std::size_t size = got.size + *begin->length;
  if (all.size() < size) return needed = size, std::nullopt;
  got.body = all.substr(got.size, size - got.size);
  got.size = size;
  return got;
}

}  // namespace bench
