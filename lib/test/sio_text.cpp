// Socket.IO packets, written and read.

#include "test/sio_text.hpp"

#include <utility>

#include "test/broken.hpp"
#include "test/msgpack.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

constexpr int binary_types = 3;  // from an event to one with attachments

// "7", and what follows.
std::optional<std::uint64_t> take_digits(std::string_view& from) {
  std::size_t n = 0;
  std::uint64_t number = 0;
  while (n < from.size() && from[n] >= '0' && from[n] <= '9')
    number = number * 10 + static_cast<std::uint64_t>(from[n++] - '0');
  from.remove_prefix(n);
  return n == 0 ? std::nullopt : std::optional(number);
}

// @return how many attachments follow.
std::size_t read_text(std::string_view text, sio_packet& into) {
  if (text.empty() || text[0] < '0' || text[0] > '6')
    throw broken("no Socket.IO packet: " + std::string(text.substr(0, 80)));
  into.type = text[0] - '0';
  text.remove_prefix(1);
  std::size_t attachments = 0;
  if (into.type >= 5) {
    into.type -= binary_types;
    attachments = take_digits(text).value_or(0);
    if (!text.starts_with('-') || attachments == 0) throw broken("no count of attachments");
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const auto end = text.find(',');
    into.nsp = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  into.id = take_digits(text);
  into.json = text;
  return attachments;
}

std::string text_of(const sio_packet& p) {
  std::string out("4");
  out += std::to_string(p.bytes.empty() ? p.type : p.type + binary_types);
  if (!p.bytes.empty()) out += std::to_string(p.bytes.size()) + "-";
  if (p.nsp != "/") out += p.nsp + ",";
  if (p.id) out += std::to_string(*p.id);
  return out + p.json;
}

}  // namespace

std::vector<engine_message> write_packet(const sio_packet& from, bool msgpack) {
  if (msgpack) return {{write_msgpack_packet(from), true}};
  std::vector<engine_message> out{{text_of(from), false}};
  for (const std::string& bytes : from.bytes) out.push_back({bytes, true});
  return out;
}

std::optional<sio_packet> sio_reader::read(std::string_view message, bool binary) {
  if (msgpack_) {
    if (!binary) throw broken("a text message of a server that speaks MessagePack");
    return read_msgpack_packet(message);
  }
  if (binary) {
    if (!incomplete_) throw broken("an attachment of no packet");
    incomplete_->bytes.emplace_back(message);
    --to_come_;
  } else {
    if (incomplete_) throw broken("a packet among attachments: " + std::string(message.substr(0, 80)));
    to_come_ = read_text(message, incomplete_.emplace());
  }
  return to_come_ > 0 ? std::nullopt : std::exchange(incomplete_, std::nullopt);
}

}  // namespace cosio::test::inline v0_2::kit
