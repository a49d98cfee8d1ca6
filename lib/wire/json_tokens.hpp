// JSON from the network as a list of tokens: the form in which events are read without a tree.
//
//   way in    json_parser -> parse_tokens() -> socketio/dispatch -> convert_reading.hpp, which reads it by json_ref
//
// Boost.JSON parses, as in json_limits.hpp, with a handler that writes tokens. What parse_tokens() does not take is
// left to parse_json(), which decides about every error. So there is one set of rules.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/json_tokens.cpp.

#pragma once
#include <cosio/json_ref.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2 {

namespace detail {

/// The tokens and the text lie behind the object, in one block of memory.
class parsed_list {
 public:
  /// @param tokens   Of a whole array. Strings are at a place in `text`, or behind its end in `decoded`.
  /// @param memory   See memory().
  /// @param as_written  Whether append_json() writes the array as `text`.
  static parsed_list_ptr make(std::span<const json_token> tokens, std::string_view text, std::string_view decoded,
                              std::size_t memory, bool as_written);
  parsed_list(const parsed_list&) = delete;
  parsed_list& operator=(const parsed_list&) = delete;

  /// The array.
  json_ref value() const noexcept { return json_ref(tokens(), text()); }
  std::size_t size() const noexcept { return tokens()->size; }
  /// An element that is there. The work is in proportion to `index`.
  json_ref at(std::size_t index) const noexcept;
  /// Whether the elements before `first` are at most the short name of an event.
  bool keeps_little_before(std::size_t first) const noexcept;
  /// A list of the elements from `first` on, which does not keep the others.
  parsed_list_ptr from(std::size_t first) const;
  /// The elements from `first` on, with commas between them, as append_json() writes them. Empty when the client wrote
  /// another text, or `first` is above 1.
  std::string_view as_written(std::size_t first) const noexcept;
  /// The bytes that the list takes, or a tree of it; the larger of the two.
  std::size_t memory() const noexcept { return memory_; }

 private:
  friend void intrusive_ptr_add_ref(const parsed_list* of) noexcept;
  friend void intrusive_ptr_release(const parsed_list* of) noexcept;

  parsed_list(std::size_t count, std::size_t memory, std::size_t written) noexcept
      : count_(count), memory_(memory), written_(written) {}
  ~parsed_list() = default;
  const json_token* tokens() const noexcept { return reinterpret_cast<const json_token*>(this + 1); }
  const char* text() const noexcept { return reinterpret_cast<const char*>(tokens() + count_); }

  mutable std::atomic<std::size_t> owners_{0};
  std::size_t count_;  // of the tokens
  std::size_t memory_;
  std::size_t written_;  // bytes of the text if append_json() writes the same, else 0
};
static_assert(sizeof(parsed_list) % alignof(json_token) == 0);

}  // namespace detail

namespace wire {

/// The most members of an object that is read from tokens: a search for a name looks at each.
inline constexpr std::size_t most_token_members = 64;

/// Parses JSON text with an array in it, by the rules of parse_json().
///
/// @return null when the text is for parse_json(): it does not begin with an array, has an error, or must be repaired;
///         an object has two members of the same name, or more than `most_token_members`.
detail::parsed_list_ptr parse_tokens(std::string_view text, const json_limits& limits = {});

}  // namespace wire
}  // namespace cosio::inline v0_2
