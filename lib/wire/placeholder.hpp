// The place of binary in the JSON of a packet: {"_placeholder":true,"num":N}.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cosio/error.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace cosio::wire {

/// The attachment that `value` stands for, when it is an object with `"_placeholder": true` and an integral `num` >= 0.
std::optional<std::size_t> placeholder_index(const boost::json::value& value) noexcept;

/// Checks every placeholder in `value` against the number of attachments that came.
///
/// An object with `"_placeholder": true` whose num is missing, negative, fractional, no number or not below `count` is
/// errc::bad_placeholder. The same number twice is the same attachment; attachments without a placeholder are ignored.
result<void> check_placeholders(const boost::json::value& value, std::size_t count);

/// Appends `{"_placeholder":true,"num":N}`.
void append_placeholder(std::string& out, std::size_t index);

}  // namespace cosio::wire
