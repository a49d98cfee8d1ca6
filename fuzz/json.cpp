// JSON from the network, and any bytes as a string on the way out.

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string>

#include "check.hpp"
#include "wire/json_limits.hpp"
#include "wire/json_repair.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;
namespace json = boost::json;

namespace {

bool all_utf8(const json::value& value) {
  if (const auto* string = value.if_string()) return is_utf8(*string);
  if (const auto* array = value.if_array()) return std::all_of(array->begin(), array->end(), all_utf8);
  const auto* object = value.if_object();
  return object == nullptr || std::all_of(object->begin(), object->end(), [](const json::key_value_pair& member) {
           return is_utf8(member.key()) && all_utf8(member.value());
         });
}

std::string written(const json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void check_parse(std::string_view text) {
  const auto value = parse_json(text);
  if (value.has_error()) {
    check(value.error().offset <= text.size(), "a fault lies inside the text");
    json::parse_options options;
    options.max_depth = json_limits{}.max_depth;
    boost::system::error_code wrong;
    json::parse(text, wrong, {}, options);
    check(wrong.failed(), "what Boost.JSON reads, we read");
    return;
  }
  check(all_utf8(*value), "strings and keys are UTF-8");
  const std::string out = written(*value);
  check(is_utf8(out), "what is written is UTF-8");
  check(out.find('\x1e') == out.npos, "the payload separator is escaped");
  const auto again = parse_json(out);
  check(again.has_value(), "what is written is read");
  check(written(*again) == out, "what is written reads back as it was");
}

void check_repair(std::string_view text) {
  std::string repaired(text);
  const bool changed = repair_json(repaired);
  check(repaired.size() == text.size(), "a repair keeps the length");
  check(changed == (repaired != text), "a repair tells whether it changed anything");
  std::string again = repaired;
  check(!repair_json(again) && again == repaired, "a repair leaves nothing to repair");
}

void check_string(std::string_view bytes) {
  std::string literal;
  append_json_string(literal, bytes);
  const auto value = parse_json(literal);
  check(value.has_value() && value->is_string(), "any bytes make a string");
  check(value->get_string() == to_utf8(bytes), "a string reads back as its UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = cosio::fuzz::text_of(data, size);
  check_parse(bytes);
  check_repair(bytes);
  check_string(bytes);
  return 0;
}
