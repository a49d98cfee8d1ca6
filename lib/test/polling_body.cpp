// Polling bodies of revisions 3 and 4.

#include "test/polling_body.hpp"

#include <boost/json/parse.hpp>

#include "test/broken.hpp"
#include "wire/base64.hpp"

namespace cosio::test::inline v0_2::kit {
namespace {

constexpr char separator = '\x1e';

[[noreturn]] void fail(const std::string& what) { throw broken("a polling body: " + what); }

polling_packet from_base64(std::string_view text) { return {bytes_of_base64(text), true}; }

// The first so many UTF-16 units.
std::size_t bytes_of_units(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (units > 0 && at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::size_t width = bytes == 4 ? 2 : 1;
    if (width > units || at + bytes > text.size()) fail("a length that cuts a character");
    at += bytes;
    units -= width;
  }
  if (units > 0) fail("a length beyond the end");
  return at;
}

std::size_t units_of(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

std::size_t take_number(std::string_view& from, char end) {
  std::size_t number = 0;
  std::size_t at = 0;
  while (at < from.size() && from[at] >= '0' && from[at] <= '9')
    number = number * 10 + static_cast<std::size_t>(from[at++] - '0');
  if (at == 0 || at >= from.size() || from[at] != end) fail("no length");
  from.remove_prefix(at + 1);
  return number;
}

std::vector<polling_packet> read_v4(std::string_view body) {
  std::vector<polling_packet> out;
  for (;;) {
    const auto end = body.find(separator);
    const std::string_view one = body.substr(0, end);
    if (one.starts_with('b')) {
      out.push_back(from_base64(one.substr(1)));
    } else {
      out.push_back({std::string(one), false});
    }
    if (end == std::string_view::npos) return out;
    body.remove_prefix(end + 1);
  }
}

std::vector<polling_packet> read_v3_text(std::string_view body) {
  std::vector<polling_packet> out;
  while (!body.empty()) {
    const std::size_t units = take_number(body, ':');
    const std::size_t size = bytes_of_units(body, units);
    const std::string_view one = body.substr(0, size);
    if (one.starts_with("b4")) {
      out.push_back(from_base64(one.substr(2)));
    } else {
      out.push_back({std::string(one), false});
    }
    body.remove_prefix(size);
  }
  return out;
}

std::vector<polling_packet> read_v3_octets(std::string_view body) {
  std::vector<polling_packet> out;
  while (!body.empty()) {
    const bool binary = body.front() == 1;
    std::size_t at = 1;
    std::size_t size = 0;
    for (; at < body.size() && body[at] >= 0 && body[at] <= 9; ++at)
      size = size * 10 + static_cast<std::size_t>(body[at]);
    if (at >= body.size() || body[at] != '\xff' || at + 1 + size > body.size() || size == 0) fail("no binary payload");
    const std::string_view one = body.substr(at + 1, size);
    if (binary && one.front() != 4) fail("a binary packet that is no message");
    out.push_back({std::string(binary ? one.substr(1) : one), binary});
    body.remove_prefix(at + 1 + size);
  }
  return out;
}

}  // namespace

std::string bytes_of_base64(std::string_view text) {
  std::string bytes;
  wire::decode_base64(text, bytes);
  return bytes;
}

std::vector<polling_packet> read_polling_body(unsigned revision, std::string_view body, bool octets) {
  if (body.empty()) fail("nothing in it");
  if (revision == 4) return read_v4(body);
  return octets ? read_v3_octets(body) : read_v3_text(body);
}

std::string read_jsonp_script(std::string_view index, std::string_view script) {
  const std::string head = "___eio[" + std::string(index) + "](";
  constexpr std::string_view tail = ");";
  if (!script.starts_with(head) || !script.ends_with(tail)) fail("no call of its function");
  for (const std::string_view ends_a_line : {"\xE2\x80\xA8", "\xE2\x80\xA9"})
    if (script.find(ends_a_line) != std::string_view::npos) fail("a line separator in a script");
  script.remove_prefix(head.size());
  script.remove_suffix(tail.size());
  boost::system::error_code ec;
  const auto value = boost::json::parse(script, ec);
  if (ec || !value.is_string()) fail("no string in a script");
  return std::string(value.get_string());
}

// Line feeds become a backslash and n, since browsers would rewrite them; each backslash in front of an n is doubled.
std::string write_jsonp_form(std::string_view payload) {
  std::string text;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (payload[i] == '\n') {
      text += "\\n";
    } else {
      if (payload[i] == '\\' && i + 1 < payload.size() && payload[i + 1] == 'n') text += '\\';
      text += payload[i];
    }
  }
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string form("d=");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      form += c;
    } else if (c == ' ') {
      form += '+';
    } else {
      form += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return form;
}

std::string write_polling_body(unsigned revision, const std::vector<polling_packet>& packets, bool octets) {
  std::string out;
  for (const polling_packet& p : packets) {
    if (octets) {
      const std::string data = p.binary ? "\x04" + p.data : p.data;
      out += static_cast<char>(p.binary ? 1 : 0);
      for (const char digit : std::to_string(data.size())) out += static_cast<char>(digit - '0');
      out += '\xff' + data;
      continue;
    }
    std::string text = p.binary ? (revision == 4 ? "b" : "b4") : p.data;
    if (p.binary) wire::append_base64(text, p.data);
    if (revision == 3) {
      out += std::to_string(units_of(text)) + ":" + text;
    } else {
      if (!out.empty()) out += separator;
      out += text;
    }
  }
  return out;
}

}  // namespace cosio::test::inline v0_2::kit
