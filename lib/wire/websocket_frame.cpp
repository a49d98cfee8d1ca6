// RFC 6455 framing. Payload is unmasked once, in place. It is copied only when its message is not whole yet.

#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/release.hpp"

namespace cosio::inline v0_2::wire {

struct frame_reader::head {
  opcode op;
  bool fin;
  bool compressed;
  std::size_t bytes;     // of the head itself
  std::uint64_t length;  // of the payload
  std::uint32_t key;     // as it lies on the wire
};

namespace {

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t rsv1_bit = 0x40;
constexpr std::uint8_t other_reserved_bits = 0x30;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t longest_control = 125;
constexpr std::uint8_t length_16 = 126;  // the length follows in two bytes
constexpr std::uint8_t length_64 = 127;  // the length follows in eight bytes

std::uint8_t byte_at(std::string_view bytes, std::size_t at) noexcept { return static_cast<std::uint8_t>(bytes[at]); }

std::string_view view_of(std::span<const char> bytes) noexcept { return {bytes.data(), bytes.size()}; }

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) number = number << 8 | byte_at(bytes, i);
  return number;
}

bool is_control(opcode op) noexcept { return op >= opcode::close; }

std::uint8_t short_length(std::string_view start) noexcept { return byte_at(start, 1) & 0x7F; }

// The number of bytes between the first two and the masking key.
std::size_t extended_bytes(std::string_view start) noexcept {
  const std::uint8_t length = short_length(start);
  return length == length_64 ? 8 : length == length_16 ? 2 : 0;
}

// The number of bytes of the head, as far as its first bytes tell.
std::size_t head_bytes(std::string_view start) noexcept { return start.size() < 2 ? 2 : 2 + extended_bytes(start) + 4; }

// Checks the first two bytes of a frame: the rules that do not depend on earlier frames.
std::optional<errc> check_start(std::string_view start, bool allow_compressed) noexcept {
  const std::uint8_t first = byte_at(start, 0);
  const std::uint8_t op = first & 0x0F;
  if ((first & other_reserved_bits) != 0) return errc::frame_reserved_bits;
  if ((first & rsv1_bit) != 0 && !(allow_compressed && (op == 0x1 || op == 0x2))) return errc::frame_reserved_bits;
  if ((op > 0x2 && op < 0x8) || op > 0xA) return errc::frame_opcode;
  if ((byte_at(start, 1) & mask_bit) == 0) return errc::frame_not_masked;
  if (op >= 0x8 && ((first & fin_bit) == 0 || short_length(start) > longest_control)) return errc::frame_control;
  return std::nullopt;
}

// Whether a length has its only valid form: the shortest one, and below 2^63.
bool is_shortest(std::uint64_t length, std::size_t extended) noexcept {
  if (extended == 2) return length >= length_16;
  if (extended == 8) return length > 0xFFFF && length >> 63 == 0;
  return true;
}

// RFC 6455, section 7.4, and the codes 1012 to 1014 of the registry that this RFC created.
bool may_be_sent(std::uint16_t code) noexcept {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

result<frame_item> close_item(std::string_view data) noexcept {
  frame_item item{frame_item::kind::close, false, 1005, {}};
  if (data.empty()) return item;
  if (data.size() == 1) return fault{errc::frame_close_code, 0};
  item.close_code = static_cast<std::uint16_t>(big_endian(data.substr(0, 2)));
  item.data = data.substr(2);
  if (!may_be_sent(item.close_code)) return fault{errc::frame_close_code, 0};
  if (!is_utf8(item.data)) return fault{errc::bad_utf8, 0};
  return item;
}

result<frame_item> control_item(opcode op, std::string_view data) noexcept {
  if (op == opcode::close) return close_item(data);
  return frame_item{op == opcode::ping ? frame_item::kind::ping : frame_item::kind::pong, false, 1005, data};
}

frame_item message_item(opcode op, bool compressed, std::string_view data) noexcept {
  return {op == opcode::text ? frame_item::kind::text : frame_item::kind::binary, compressed, 1005, data};
}

// Makes room for twice the bytes so far, but not for more than the frame will bring.
void grow(std::string& message, std::size_t more, std::size_t left_of_frame) {
  const std::size_t wanted = message.size() + more;
  if (wanted > message.capacity()) message.reserve(std::min(message.size() + left_of_frame, 2 * wanted));
}

std::span<char> take(std::span<char>& input, std::size_t bytes) noexcept {
  const std::span<char> taken = input.first(bytes);
  input = input.subspan(bytes);
  return taken;
}

}  // namespace

result<frame_item> frame_reader::next(std::span<char>& input) {
  if (failed_ != 0) return fault{static_cast<errc>(failed_), 0};
  release();
  const std::size_t before = input.size();
  while (!input.empty()) {
    const auto item = rest_ && rest_->in_payload       ? read_payload(input)
                      : rest_ && !rest_->start.empty() ? read_partial(input)
                                                       : read_head(input);
    if (item.has_error()) {
      failed_ = static_cast<std::uint16_t>(item.error().code);
      return fault{item.error().code, before - input.size()};
    }
    if (item->what != frame_item::kind::need_more) return item;
  }
  return frame_item{};
}

// Frees the memory of the item that the last call returned.
void frame_reader::release() noexcept {
  if (!rest_) return;
  if (std::exchange(rest_->control_lent, false)) base::release(rest_->start);
  if (rest_->first == opcode::continuation && rest_->start.empty()) rest_ = nullptr;
}

frame_reader::unfinished& frame_reader::rest() {
  if (!rest_) rest_ = std::make_unique<unfinished>();
  return *rest_;
}

// Parses the head at the front of `bytes`; nothing when it is not whole.
result<std::optional<frame_reader::head>> frame_reader::parse_head(std::string_view bytes) const noexcept {
  if (bytes.size() < 2) return std::nullopt;
  if (const auto wrong = check_start(bytes, allow_compressed_)) return fault{*wrong, 0};
  if (bytes.size() < head_bytes(bytes)) return std::nullopt;
  const std::size_t extended = extended_bytes(bytes);
  head parsed{};
  parsed.op = static_cast<opcode>(byte_at(bytes, 0) & 0x0F);
  parsed.fin = (byte_at(bytes, 0) & fin_bit) != 0;
  parsed.compressed = (byte_at(bytes, 0) & rsv1_bit) != 0;
  parsed.bytes = head_bytes(bytes);
  parsed.length = extended == 0 ? short_length(bytes) : big_endian(bytes.substr(2, extended));
  std::memcpy(&parsed.key, bytes.data() + 2 + extended, sizeof parsed.key);
  if (!is_shortest(parsed.length, extended)) return fault{errc::frame_length, 0};
  return parsed;
}

result<frame_item> frame_reader::read_head(std::span<char>& input) {
  const auto parsed = parse_head(view_of(input));
  if (parsed.has_error()) return parsed.error();
  const auto& found = *parsed;
  if (!found || (is_control(found->op) && found->bytes + found->length > input.size())) {
    rest().start.append(view_of(take(input, input.size())));
    return frame_item{};
  }
  take(input, found->bytes);
  if (!is_control(found->op)) return begin_data(*found, input);
  const std::span<char> payload = take(input, static_cast<std::size_t>(found->length));
  unmask(payload, found->key);
  return control_item(found->op, view_of(payload));
}

// Completes a head, and the control frame behind it, that began in an earlier input.
result<frame_item> frame_reader::read_partial(std::span<char>& input) {
  std::string& start = rest_->start;
  for (;;) {
    const auto parsed = parse_head(start);
    if (parsed.has_error()) return parsed.error();
    const auto& found = *parsed;
    const bool control = found && is_control(found->op);
    const std::size_t wanted = head_bytes(start) + (control ? static_cast<std::size_t>(found->length) : 0);
    if (found && start.size() == wanted) return control ? lend_control(*found) : begin_partial_data(*found, input);
    if (input.empty()) return frame_item{};
    start.append(view_of(take(input, std::min(wanted - start.size(), input.size()))));
  }
}

result<frame_item> frame_reader::lend_control(const head& found) {
  const std::span<char> payload = std::span<char>(rest_->start).subspan(found.bytes);
  unmask(payload, found.key);
  rest_->control_lent = true;
  return control_item(found.op, view_of(payload));
}

result<frame_item> frame_reader::begin_partial_data(const head& found, std::span<char>& input) {
  rest_->start.clear();  // a head fits into the string itself
  return begin_data(found, input);
}

// Called when the head of a data frame was read: `input` starts with the payload.
result<frame_item> frame_reader::begin_data(const head& found, std::span<char>& input) {
  const bool starts = found.op != opcode::continuation;
  const bool goes_on = rest_ && rest_->first != opcode::continuation;
  if (starts == goes_on) return fault{errc::frame_sequence, 0};
  const std::size_t so_far = goes_on ? rest_->message.size() : 0;
  if (found.length > max_message_bytes_ - so_far) return fault{errc::message_too_large, 0};
  if (starts && found.fin && found.length <= input.size()) return whole_message(found, input);
  unfinished& message = rest();
  if (starts) {
    message.first = found.op;
    message.compressed = found.compressed;
    message.fragments = 0;
  }
  if (++message.fragments > max_fragments_) return fault{errc::frame_too_many, 0};
  message.in_payload = true;
  message.fin = found.fin;
  message.key = found.key;
  message.left = static_cast<std::size_t>(found.length);
  message.key_offset = 0;
  return read_payload(input);
}

// The usual case: the message is whole, so nothing is kept and nothing is copied.
result<frame_item> frame_reader::whole_message(const head& found, std::span<char>& input) {
  const std::span<char> payload = take(input, static_cast<std::size_t>(found.length));
  unmask(payload, found.key);
  const bool text = found.op == opcode::text && !found.compressed;
  if (text && !is_utf8(view_of(payload))) return fault{errc::bad_utf8, 0};
  return message_item(found.op, found.compressed, view_of(payload));
}

// Reads the part of the frame's payload that is there. Memory grows with it, never by the length that a head announces.
result<frame_item> frame_reader::read_payload(std::span<char>& input) {
  unfinished& m = *rest_;
  const std::span<char> piece = take(input, std::min(m.left, input.size()));
  unmask(piece, m.key, m.key_offset);
  const bool text = m.first == opcode::text && !m.compressed;
  if (text && !m.utf8.feed(view_of(piece))) return fault{errc::bad_utf8, 0};
  grow(m.message, piece.size(), m.left);
  m.message.append(view_of(piece));
  m.left -= piece.size();
  m.key_offset = static_cast<std::uint8_t>((m.key_offset + piece.size()) % 4);
  m.in_payload = m.left > 0;
  if (m.in_payload || !m.fin) return frame_item{};
  if (text && !m.utf8.complete()) return fault{errc::bad_utf8, 0};
  frame_item item = message_item(std::exchange(m.first, opcode::continuation), m.compressed, m.message);
  item.whole = &m.message;
  return item;
}

std::uint16_t close_code_for(errc wrong) noexcept {
  switch (wrong) {
    case errc::bad_utf8:
    case errc::bad_deflate:
      return 1007;
    case errc::message_too_large:
    case errc::frame_too_many:
      return 1009;
    default:
      return 1002;
  }
}

std::size_t write_frame_head(char* out, opcode op, std::uint64_t payload_bytes, bool compressed) noexcept {
  out[0] = static_cast<char>(fin_bit | (compressed ? rsv1_bit : 0) | static_cast<std::uint8_t>(op));
  if (payload_bytes < length_16) {
    out[1] = static_cast<char>(payload_bytes);
    return 2;
  }
  const std::size_t extended = payload_bytes <= 0xFFFF ? 2 : 8;
  out[1] = static_cast<char>(extended == 2 ? length_16 : length_64);
  for (std::size_t i = 0; i < extended; ++i) out[1 + extended - i] = static_cast<char>(payload_bytes >> (8 * i));
  return 2 + extended;
}

std::string close_frame(std::uint16_t code) {
  char frame[max_frame_head + 2];
  const std::size_t body = code == 0 ? 0 : 2;
  const std::size_t size = write_frame_head(frame, opcode::close, body);
  frame[size] = static_cast<char>(code >> 8);
  frame[size + 1] = static_cast<char>(code);
  return {frame, size + body};
}

void unmask(std::span<char> data, std::uint32_t key_in_wire_order, std::size_t offset) noexcept {
  const std::uint32_t shift = 8 * static_cast<std::uint32_t>(offset % 4);
  const std::uint32_t key = std::endian::native == std::endian::little
                                ? std::rotr(key_in_wire_order, static_cast<int>(shift))
                                : std::rotl(key_in_wire_order, static_cast<int>(shift));
  const std::uint64_t wide = std::uint64_t{key} << 32 | key;
  char* const bytes = data.data();
  const std::size_t words = data.size() / sizeof wide;
  for (std::size_t i = 0; i < words; ++i) {  // a loop that compilers turn into vector instructions
    std::uint64_t word;
    std::memcpy(&word, bytes + i * sizeof word, sizeof word);
    word ^= wide;
    std::memcpy(bytes + i * sizeof word, &word, sizeof word);
  }
  char tail[sizeof wide];
  std::memcpy(tail, &wide, sizeof wide);
  for (std::size_t i = words * sizeof wide; i < data.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ tail[i % 8]);
}

}  // namespace cosio::inline v0_2::wire
