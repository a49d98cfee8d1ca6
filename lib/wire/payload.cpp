// Payloads of both revisions: revision 4 separates packets by 0x1E, revision 3 writes a length before each.

#include "wire/payload.hpp"

#include <algorithm>
#include <charconv>

#include "wire/base64.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2::wire {
namespace {

constexpr char separator = '\x1e';
constexpr char end_of_length = '\xff';          // of the binary form
constexpr std::size_t most_length_digits = 16;  // more bytes than any body has, fewer than overflow

std::size_t count_digits(std::size_t number) noexcept {
  std::size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

// Reads the digits from `at` up to `end`, each `zero` more than its value; `at` moves behind `end`.
std::optional<std::size_t> read_length(std::string_view body, std::size_t& at, char zero, char end) noexcept {
  std::size_t length = 0;
  for (std::size_t digits = 0; at < body.size(); ++digits, ++at) {
    if (body[at] == end) {
      if (digits == 0) break;
      ++at;
      return length;
    }
    const auto value = static_cast<unsigned char>(body[at] - zero);
    if (value > 9 || digits == most_length_digits) break;
    length = length * 10 + value;
  }
  return std::nullopt;
}

// Bytes of a packet on a transport for text, and what a revision 3 text payload counts of them.
std::size_t text_bytes(revision rev, const engine_packet& packet) noexcept {
  if (!packet.binary) return 1 + packet.data.size();
  return (rev == revision::v3 ? 2 : 1) + base64_size(packet.data.size());
}
std::size_t text_units(const engine_packet& packet) noexcept {
  return packet.binary ? text_bytes(revision::v3, packet) : 1 + utf16_length(packet.data);
}

}  // namespace

payload_reader::payload_reader(revision rev, std::string_view body, bool binary, payload_limits limits) noexcept
    : body_(body), limits_(limits), rev_(rev), binary_(binary && rev == revision::v3) {}

result<std::optional<engine_packet>> payload_reader::next() {
  if (failed_) return *failed_;
  if (at_ == 0) {
    if (body_.size() > limits_.max_bytes) return fail(errc::payload_too_large, limits_.max_bytes);
    if (body_.empty()) return fail(errc::packet_empty, 0);
  }
  if (done_) return std::nullopt;
  const auto found = rev_ == revision::v4 ? next_v4() : binary_ ? next_v3_binary() : next_v3_text();
  if (found.has_error()) return fail(found.error().code, found.error().offset);
  if (!*found) {
    done_ = true;
    return std::nullopt;
  }
  if (++packets_ > limits_.max_packets && limits_.max_packets != 0) return fail(errc::payload_too_large, (*found)->at);
  return decode(**found);
}

result<std::optional<payload_reader::element>> payload_reader::next_v4() noexcept {
  if (at_ > body_.size()) return std::nullopt;
  const std::size_t start = at_;
  const std::size_t end = std::min(body_.find(separator, at_), body_.size());
  at_ = end + 1;  // behind the last packet: beyond the end
  return element{body_.substr(start, end - start), start, false};
}

result<std::optional<payload_reader::element>> payload_reader::next_v3_text() noexcept {
  while (at_ < body_.size()) {
    const std::size_t start = at_;
    const auto units = read_length(body_, at_, '0', ':');
    if (!units) return fault{errc::payload_length, start};
    if (*units == 0) continue;
    const std::string_view rest = body_.substr(at_);
    const std::size_t bytes = utf16_prefix(rest, *units);
    if (bytes == std::string_view::npos) {
      return is_utf8(rest) ? fault{errc::payload_length, start} : fault{errc::bad_utf8, at_};
    }
    const element found{rest.substr(0, bytes), at_, false};
    at_ += bytes;
    return found;
  }
  return std::nullopt;
}

result<std::optional<payload_reader::element>> payload_reader::next_v3_binary() noexcept {
  while (at_ < body_.size()) {
    const std::size_t start = at_;
    const bool binary = body_[at_++] != 0;
    const auto bytes = read_length(body_, at_, 0, end_of_length);
    if (!bytes || *bytes > body_.size() - at_) return fault{errc::payload_length, start};
    if (*bytes == 0) continue;
    const element found{body_.substr(at_, *bytes), at_, binary};
    at_ += *bytes;
    return found;
  }
  return std::nullopt;
}

result<std::optional<engine_packet>> payload_reader::decode(const element& found) {
  if (found.binary) return decode_binary_packet(rev_, found.bytes);
  if (!is_utf8(found.bytes)) return fail(errc::bad_utf8, found.at);
  const auto packet = decode_text_packet(rev_, found.bytes, scratch_);
  if (packet.has_error()) return fail(packet.error().code, found.at);
  return *packet;
}

fault payload_reader::fail(errc code, std::size_t offset) noexcept {
  failed_ = fault{code, offset};
  return *failed_;
}

std::size_t payload_writer::size_of(const engine_packet& packet) const noexcept {
  if (rev_ == revision::v4) return (body_.empty() ? 0 : 1) + text_bytes(rev_, packet);
  if (!binary_) return count_digits(text_units(packet)) + 1 + text_bytes(rev_, packet);
  const std::size_t bytes = 1 + packet.data.size();
  return 1 + count_digits(bytes) + 1 + bytes;
}

void payload_writer::add(const engine_packet& packet) {
  if (rev_ == revision::v3) {
    if (binary_) return add_v3_binary(packet);
    add_length(text_units(packet), '0');
    body_ += ':';
  } else if (!body_.empty()) {
    body_ += separator;
  }
  append_text_packet(body_, rev_, packet);
}

void payload_writer::add_v3_binary(const engine_packet& packet) {
  body_ += packet.binary ? '\x01' : '\x00';
  add_length(1 + packet.data.size(), 0);
  body_ += end_of_length;
  body_ += packet.binary ? static_cast<char>(packet.type) : type_digit(packet.type);
  body_ += packet.data;
}

void payload_writer::add_length(std::size_t length, char zero) {
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, length).ptr;
  for (const char* digit = digits; digit != end; ++digit) body_ += static_cast<char>(*digit - '0' + zero);
}

}  // namespace cosio::inline v0_2::wire
