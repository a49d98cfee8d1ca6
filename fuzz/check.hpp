// The common parts of the fuzz targets: a property that must hold, and bytes to make choices of.

#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// libFuzzer and replay.cpp call this with every input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cosio::fuzz {

/// Ends the program with a message when `holds` is false: that is how a fuzzer learns of a find.
inline void check(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property does not hold: %s\n", property);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes the first byte of the input for a choice; 0 when there is none.
inline std::uint8_t take_choice(std::string_view& input) noexcept {
  if (input.empty()) return 0;
  const auto choice = static_cast<std::uint8_t>(input[0]);
  input.remove_prefix(1);
  return choice;
}

}  // namespace cosio::fuzz
