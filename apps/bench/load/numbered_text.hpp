// Payloads that can be told apart: eight digits, and filling up to a size.

#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// Makes and recognises payloads of one size.
class numbered_text {
 public:
  static constexpr std::size_t digits = 8;

  /// @param bytes  at least 8
  explicit numbered_text(std::size_t bytes) : text_(bytes, 'x') {}

  /// Valid until the next call.
  std::string_view make(std::uint32_t number);
  /// The number in a payload of this size; nothing when it is none. Its filling is compared when `thoroughly`.
  std::optional<std::uint32_t> number_in(std::string_view payload, bool thoroughly) const;

 private:
  std::string text_;
};

}  // namespace bench
