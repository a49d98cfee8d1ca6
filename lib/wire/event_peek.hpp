// The name of an event, read before its JSON is parsed: for limits that must cost less than the input that they refuse.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// The head of an event packet. Views point into the text.
struct event_head {
  std::string_view nsp;
  std::optional<std::uint64_t> id;
  std::string_view name;
};

/// Reads a text packet of type EVENT (without attachments) up to its name.
/// @return nothing for other packets, for malformed ones, and for names that are no plain string (an escape, a number):
///         these packets must be parsed.
std::optional<event_head> peek_event(std::string_view text) noexcept;

}  // namespace cosio::inline v0_2::wire
