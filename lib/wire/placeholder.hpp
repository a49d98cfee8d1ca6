// The place of binary in the JSON of a packet: {"_placeholder":true,"num":N}.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cosio/error.hpp>
#include <cosio/json_ref.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// The attachment that `value` stands for, when it is an object with `"_placeholder": true` and an integral `num` >= 0.
std::optional<std::size_t> placeholder_index(detail::json_ref value) noexcept;

/// The meaning of an object with `"_placeholder": true` that names no attachment of its packet. In the default parser
/// it is an error. A parser that has binary of its own reads it as data.
enum class stray_placeholder { error, data };

/// Checks every placeholder in `value` against the number of attachments that came. It is the rule of every parser.
///
/// Each attachment is named at most once. Otherwise a client could make one attachment many, and an echo huge. No
/// library of clients names one twice by itself. Attachments that nothing names are ignored.
///
/// @return errc::bad_placeholder for an attachment that is named twice. With stray_placeholder::error also for an
///         object with `"_placeholder": true` whose num is not an integer from 0 to `count` - 1.
result<void> check_placeholders(const boost::json::value& value, std::size_t count,
                                stray_placeholder stray = stray_placeholder::error);

/// The number of members `"_placeholder":true` in JSON text without white space between its tokens.
std::size_t count_placeholders(std::string_view json) noexcept;

/// Appends `{"_placeholder":true,"num":N}`.
void append_placeholder(std::string& out, std::size_t index);

}  // namespace cosio::inline v0_2::wire
