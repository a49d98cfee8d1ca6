// Responses taken apart, requests put together.

#include "test/http_text.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace cosio::test::inline v0_2::kit {
namespace {

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

[[noreturn]] void bad_http(const std::string& what) { throw std::runtime_error("http client: " + what); }

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) bad_http("a line without end");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

http_answer parse_head(std::string_view head) {
  http_answer answer;
  const std::string_view status = take_line(head);
  if (!status.starts_with("HTTP/1.1 ") || status.size() < 13) bad_http("no status line: " + std::string(status));
  answer.status = static_cast<unsigned>(std::stoul(std::string(status.substr(9, 3))));
  answer.reason = status.substr(13);
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) bad_http("no header: " + std::string(line));
    answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return answer;
}

}  // namespace

std::string http_answer::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return same(h.first, name); });
  return found == headers.end() ? std::string() : found->second;
}

bool http_answer::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return same(h.first, name); });
}

std::optional<http_answer> take_answer(std::string& bytes, bool head_only) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  http_answer answer = parse_head(std::string_view(bytes).substr(0, end + 4));
  const bool bodiless = head_only || answer.status < 200 || answer.status == 204 || answer.status == 304;
  if (!bodiless && !answer.has("content-length")) bad_http("a response without length");
  const std::size_t length = bodiless ? 0 : std::stoul(answer.header("content-length"));
  if (bytes.size() < end + 4 + length) return std::nullopt;
  answer.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return answer;
}

std::string get(std::string_view target, std::string_view more_headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view more_headers) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace cosio::test::inline v0_2::kit
