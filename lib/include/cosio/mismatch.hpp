// A failed conversion of an argument: its place, the type that was wanted, and the type that came.
//
// The header is a part of convert.hpp. describe_mismatch() in convert_reading.hpp makes a sentence of it.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/json_ref.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::detail {

// The place and the reason of a failure. It holds no text of the peer, so it may be logged and sent.
//
// The functions return false, so that a reader can fail with `return wrong.want(…)`.
struct mismatch {
  // ".user.name[2]", built from the inside out by at(). Empty for the value itself.
  std::string path;
  // "a string", "an integer from 0 to 255"
  std::string wanted;
  // "a number", "null", "missing"
  std::string got;
  // How often the value that is read now may be read in all; see convert_variant.hpp.
  std::size_t readings = 1;
  // Whether there were too many readings: then no other alternative is tried.
  bool gave_up = false;

  // Puts a member or an index in front of the path.
  bool at(std::string_view member) {
    path.insert(0, member);
    return false;
  }
  bool want(std::string_view type, json_ref value);
  bool want_binary(json_ref value);
  bool want_bytes(std::size_t size, std::size_t came);
  bool want_plain(json_ref value, const std::vector<binary>& attachments);
  bool want_list(std::size_t size, json_ref value);
  // For a value that is no integer, or none in that range.
  bool want_integer(std::int64_t lowest, std::uint64_t highest, json_ref value);
  // For a number of `what` that is out of the range.
  bool want_from_to(std::string_view what, std::int64_t lowest, std::int64_t highest, json_ref value);
  bool want_from_to(std::string_view what, double lowest, double highest, json_ref value);
  // For a date out of the range, in milliseconds since 1970. Nothing is the limit of a Date in JavaScript.
  bool want_date_from_to(std::optional<std::int64_t> lowest, std::optional<std::int64_t> highest);
  bool want_one_of(const std::vector<std::string_view>& names, json_ref value);
  bool want_member(std::string_view name);
  // For text of the right type that says something else.
  bool want_text(std::string_view type, json_ref value);
  // `rule` is the end of "a key that …".
  bool want_key(std::string_view rule);
  // For a variant; `types` may be many, and the text stays short.
  bool want_any_of(const std::vector<std::string>& types, json_ref value);
  bool give_up(json_ref value);
};

}  // namespace cosio::inline v0_2::detail
