// Decimal digits, leading zeros.

#include "numbered_text.hpp"

namespace bench {

std::string_view numbered_text::make(std::uint32_t number) {
  for (std::size_t at = digits; at-- > 0; number /= 10) text_[at] = static_cast<char>('0' + number % 10);
  return text_;
}

std::optional<std::uint32_t> numbered_text::number_in(std::string_view payload, bool thoroughly) const {
  if (payload.size() != text_.size()) return std::nullopt;
  if (thoroughly && payload.substr(digits) != std::string_view(text_).substr(digits)) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : payload.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

}  // namespace bench
