// Checks placeholders where they stand. The reader of the arguments replaces them.

#include "wire/placeholder.hpp"

#include <boost/container/small_vector.hpp>

#include <charconv>
#include <cstdint>
#include <utility>

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;

bool is_placeholder(detail::json_ref object) noexcept {
  detail::json_ref mark = object;
  return detail::member_search(object).find("_placeholder", mark) && mark.is_bool() && mark.truth();
}

// In the reference 1 and 1.0 are the same number. No packet has 2^53 attachments.
std::optional<std::size_t> index_of(detail::json_ref num) noexcept {
  constexpr double too_large = 9007199254740992.0;
  if (num.kind() == json::kind::int64 && num.int64() >= 0) return static_cast<std::size_t>(num.int64());
  if (num.kind() == json::kind::double_ && num.number() >= 0 && num.number() < too_large) {
    const auto whole = static_cast<std::size_t>(num.number());
    if (static_cast<double>(whole) == num.number()) return whole;
  }
  return std::nullopt;
}

// Walks over a value, and remembers the attachments that were named. Loops, since algorithms would take several frames
// of the stack for each level.
class naming_check {
 public:
  naming_check(std::size_t count, stray_placeholder stray) : named_(count, false), stray_(stray) {}

  bool accepts(const json::value& value) {
    if (const auto* array = value.if_array()) {
      for (const json::value& item : *array)
        if (!accepts(item)) return false;
      return true;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return true;
    if (is_placeholder(value)) {
      const auto index = placeholder_index(value);
      if (index && *index < named_.size()) return !std::exchange(named_[*index], true);
      if (stray_ == stray_placeholder::error) return false;
    }
    for (const auto& member : *object)
      if (!accepts(member.value())) return false;
    return true;
  }

 private:
  boost::container::small_vector<bool, 16> named_;
  const stray_placeholder stray_;
};

}  // namespace

std::optional<std::size_t> placeholder_index(detail::json_ref value) noexcept {
  if (!value.is_object() || !is_placeholder(value)) return std::nullopt;
  detail::json_ref num = value;
  return detail::member_search(value).find("num", num) ? index_of(num) : std::nullopt;
}

result<void> check_placeholders(const json::value& value, std::size_t count, stray_placeholder stray) {
  if (!naming_check(count, stray).accepts(value)) return fault{errc::bad_placeholder, 0};
  return {};
}

// A quote in a string is escaped. So a quote behind anything but a backslash begins or ends a string, and text and a
// colon behind it make it the beginning of a key.
std::size_t count_placeholders(std::string_view json) noexcept {
  constexpr std::string_view mark = R"("_placeholder":true)";
  std::size_t sum = 0;
  for (auto at = json.find(mark); at != std::string_view::npos; at = json.find(mark, at + mark.size()))
    if (at != 0 && json[at - 1] != '\\') ++sum;
  return sum;
}

void append_placeholder(std::string& out, std::size_t index) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
  out += R"({"_placeholder":true,"num":)";
  out.append(digits, end);
  out += '}';
}

}  // namespace cosio::inline v0_2::wire
