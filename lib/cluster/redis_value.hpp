// A reply of Redis as a tree of values, and the reader that makes it of bytes.
//
//   way in   redis_link -> redis_reader::feed() -> next() -> the command that waits for it
//
// Pure: no I/O, no clock, no lock. hiredis implements the protocol, RESP2; only redis_value.cpp includes it.

#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// Whether the library was built with hiredis. Without it there are no replies.
bool has_redis() noexcept;

/// A reply of Redis.
/// @par Threads  A value.
class redis_value {
 public:
  enum class kinds : std::uint8_t { nothing, integer, text, list, error };

  redis_value() = default;
  explicit redis_value(std::int64_t of) : kind(kinds::integer), number(of) {}
  explicit redis_value(std::string of) : kind(kinds::text), text(std::move(of)) {}
  explicit redis_value(std::vector<redis_value> of) : kind(kinds::list), items(std::move(of)) {}
  /// An error of Redis, or of ours: there is no connection.
  static redis_value failure(std::string why);

  bool ok() const noexcept { return kind != kinds::error; }
  bool is_text(std::string_view wanted) const noexcept { return kind == kinds::text && text == wanted; }
  /// An item of a list that is text; empty when there is none.
  std::string_view text_at(std::size_t index) const noexcept;
  /// A number, also one that is written as text.
  std::optional<std::int64_t> integer() const noexcept;
  /// The item of a list; nothing when there is none.
  const redis_value& at(std::size_t index) const noexcept;
  /// The first word of an error: `LOADING`, `NOAUTH`, `MOVED`.
  std::string_view code() const noexcept;

  kinds kind = kinds::nothing;
  std::int64_t number = 0;         ///< integer
  std::string text;                ///< text, error
  std::vector<redis_value> items;  ///< list
};

/// Reads replies from bytes that come in pieces. One thread.
class redis_reader {
 public:
  /// The most bytes of one reply. A message of another server may have 64 MB; see redis_messages.hpp.
  static constexpr std::size_t max_bytes = 80'000'000;
  /// The most items of one list, before they have come.
  static constexpr std::size_t max_items = 1'000'000;

  redis_reader();
  ~redis_reader();
  redis_reader(redis_reader&&) noexcept;
  redis_reader& operator=(redis_reader&&) noexcept;

  void feed(std::string_view bytes);
  /// The next reply that is whole. Nothing: more bytes are needed, or it has failed.
  std::optional<redis_value> next();
  /// Why the bytes are no replies of Redis. Empty as long as they are.
  const std::string& problem() const noexcept { return problem_; }
  /// Whether such a problem is a reply above max_bytes or max_items: to ask for less may help.
  static bool is_too_much(std::string_view problem) noexcept { return problem.starts_with(too_much); }
  static constexpr std::string_view too_much = "a reply of more than ";

 private:
  struct hidden;
  std::unique_ptr<hidden> hidden_;
  std::size_t unread_ = 0;  // bytes that no whole reply has come of
  std::string problem_;
};

/// Appends a command as Redis reads it: a list of texts.
void write_command(std::string& out, const std::vector<std::string>& words);

}  // namespace cosio::inline v0_2::cluster
