// The head of a Socket.IO packet, read from left to right without looking back.

#include "wire/packet_header.hpp"

#include <charconv>
#include <limits>

namespace cosio::inline v0_2::wire {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads 1*DIGIT at `at`, and moves `at` behind it. The result saturates, so that no number of digits can overflow.
std::optional<std::uint64_t> read_digits(std::string_view text, std::size_t& at) noexcept {
  constexpr std::uint64_t ceiling = std::numeric_limits<std::uint64_t>::max() / 10 - 1;
  if (at == text.size() || !is_digit(text[at])) return std::nullopt;
  std::uint64_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    value = value > ceiling ? std::numeric_limits<std::uint64_t>::max()
                            : value * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  return value;
}

void append_number(std::string& out, std::uint64_t number) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

}  // namespace

result<packet_header> decode_header(std::string_view text, const header_limits& limits) {
  if (text.empty()) return fault{errc::packet_empty, 0};
  if (text[0] < '0' || text[0] > '6') return fault{errc::packet_type, 0};
  packet_header head;
  head.type = static_cast<sio_type>(text[0] - '0');
  std::size_t at = 1;

  if (is_binary(head.type)) {
    const auto count = read_digits(text, at);
    if (!count || at == text.size() || text[at] != '-' || *count == 0) return fault{errc::attachments_count, at};
    if (*count > limits.max_attachments) return fault{errc::too_many_attachments, 1};
    head.attachments = static_cast<std::size_t>(*count);
    ++at;
  }
  if (at < text.size() && text[at] == '/') {
    const std::string_view rest = text.substr(at);
    const bool is_bounded = head.type != sio_type::connect;
    head.nsp = rest.substr(0, rest.substr(0, is_bounded ? limits.max_nsp_bytes + 1 : rest.size()).find(','));
    if (is_bounded && head.nsp.size() > limits.max_nsp_bytes) return fault{errc::nsp_too_long, at};
    at += head.nsp.size();
    if (at < text.size()) ++at;  // the comma; it may be missing at the end of the text
  }
  const std::size_t id_at = at;
  head.id = read_digits(text, at);
  if (head.id && *head.id > largest_id) return fault{errc::bad_payload, id_at};
  head.json = text.substr(at);
  return head;
}

void append_header(std::string& out, sio_type type, std::size_t attachments, std::string_view nsp,
                   std::optional<std::uint64_t> id) {
  out += static_cast<char>('0' + static_cast<int>(type));
  if (is_binary(type)) {
    append_number(out, attachments);
    out += '-';
  }
  if (!nsp.empty() && nsp != "/") {
    out += nsp;
    out += ',';
  }
  if (id) append_number(out, *id);
}

}  // namespace cosio::inline v0_2::wire
