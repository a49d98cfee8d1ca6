// JSONP bodies of both directions. The first byte chooses: a form to be read, or a payload to be written, and to come
// back through a form.

#include "wire/jsonp.hpp"

#include <string>
#include <string_view>

#include "check.hpp"
#include "wire/json_limits.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

namespace {

constexpr std::size_t limit = 1'000;

void read_form(std::string_view body) {
  const auto form = read_jsonp_form(body, limit);
  if (form.has_error()) {
    check(body.size() > limit && form.error().offset <= body.size(), "only a body that is too large is an error");
    return;
  }
  check(body.size() <= limit, "the limit holds");
  if (*form) check((*form)->size() <= body.size(), "decoding makes nothing longer");
}

// The way a client writes: line feeds and backslashes as the form wants them, then everything percent-encoded.
std::string as_form(std::string_view payload) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  std::size_t backslashes = 0;
  for (const char c : payload) {
    if (c == '\n') {
      escaped += "\\n";
    } else {
      if (c == 'n' && backslashes > 0) escaped += '\\';
      escaped += c;
    }
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  std::string form = "x=1&d=";
  for (const char c : escaped) {
    const auto byte = static_cast<unsigned char>(c);
    form += '%';
    form += digits[byte / 16];
    form += digits[byte % 16];
  }
  return form;
}

void write_and_read(std::string_view payload) {
  const std::string script = write_jsonp("12", payload);
  constexpr std::string_view head = "___eio[12](";
  check(script.starts_with(head) && script.ends_with(");"), "a payload becomes one call");
  check(script.find("\xE2\x80\xA8") == std::string::npos && script.find("\xE2\x80\xA9") == std::string::npos,
        "no line separator is left");
  check(script.find('\n') == std::string::npos && is_utf8(script), "a script is one line of UTF-8");
  const auto literal = std::string_view(script).substr(head.size(), script.size() - head.size() - 2);
  const auto parsed = parse_json(literal);
  check(parsed.has_value() && parsed->is_string(), "the argument is a JSON string");
  if (is_utf8(payload)) check(std::string_view(parsed->get_string()) == payload, "a script says what the payload said");

  // A backslash in front of a line feed is what the form cannot carry: it reads as one more backslash before an n.
  if (payload.find("\\\n") != std::string_view::npos) return;
  const auto back = read_jsonp_form(as_form(payload), 100 + payload.size() * 6);
  check(back.has_value() && back->has_value() && **back == payload, "what a form carries is read back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cosio::fuzz::text_of(data, size);
  if (cosio::fuzz::take_choice(input) % 2 == 0) {
    read_form(input);
  } else {
    write_and_read(input);
  }
  const std::string index = jsonp_index(input);
  check(index.find_first_not_of("0123456789") == std::string::npos, "an index is digits");
  return 0;
}
