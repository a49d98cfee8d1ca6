// One pass from the front.

#include "socket_packet.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include "bad_answer.hpp"

namespace bench {
namespace {

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

packet_head read_packet(std::string_view packet, std::string_view nsp_prefix) {
  packet_head head{packet.front(), 0, std::nullopt, {}};
  std::string_view rest = packet.substr(1);
  if (head.type == '5' || head.type == '6') {
    const auto attachments = take_number<std::uint32_t>(rest);
    if (!attachments || !rest.starts_with('-')) throw bad_answer("a binary packet without its number of attachments");
    head.attachments = *attachments;
    rest.remove_prefix(1);
  }
  if (!rest.starts_with(nsp_prefix) || (nsp_prefix.empty() && rest.starts_with('/'))) {
    throw bad_answer("a packet of another namespace: " + std::string(packet.substr(0, 80)));
  }
  rest.remove_prefix(nsp_prefix.size());
  head.id = take_number<std::uint64_t>(rest);
  head.data = rest;
  return head;
}

std::string_view event_name(std::string_view data) {
  if (!data.starts_with("[\"")) return {};
  return data.substr(2, data.find('"', 2) - 2);
}

std::string_view event_arguments(std::string_view data) {
  const std::string_view name = event_name(data);
  const auto behind = name.size() + 4;  // [ " " ,
  return data.size() > behind && data.ends_with(']') ? data.substr(behind, data.size() - behind - 1)
                                                     : std::string_view();
}

}  // namespace bench
