// Reads the name of an event without parsing its JSON.

#include "wire/event_peek.hpp"

#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::wire {
namespace {

std::string_view behind_space(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

}  // namespace

std::optional<event_head> peek_event(std::string_view text) noexcept {
  if (text.empty() || text.front() != '2') return std::nullopt;
  const auto head = decode_header(text);
  if (head.has_error() || !head->json.starts_with('[')) return std::nullopt;
  std::string_view rest = behind_space(head->json.substr(1));
  if (!rest.starts_with('"')) return std::nullopt;
  rest.remove_prefix(1);
  const auto end = rest.find_first_of("\"\\");
  if (end == std::string_view::npos || rest[end] == '\\') return std::nullopt;
  return event_head{head->nsp, head->id, rest.substr(0, end)};
}

}  // namespace cosio::inline v0_2::wire
