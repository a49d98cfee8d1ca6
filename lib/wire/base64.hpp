// Base64 (RFC 4648): the form of binary data on text transports.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

/// Appends the standard alphabet with padding.
void append_base64(std::string& out, std::string_view bytes);

/// Replaces `out` by the decoded bytes of `text`. Lenient, as the reference is: both alphabets, padding optional, other
/// characters skipped.
void decode_base64(std::string_view text, std::string& out);

}  // namespace cosio::inline v0_2::wire
