// JSONP polling: payloads as calls of a function in a script, and as a field of a form.
//
//   way in    engine/polling_transport: body of a POST -> read_jsonp_form() -> payload_reader
//   way out   payload_writer -> write_jsonp() -> body of a response
//
// Only clients of revision 3 ask for it: browsers without XMLHttpRequest across origins. Pure: no I/O, no clock, no
// lock. Fuzzed by fuzz/jsonp.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// The index of the client's function: the digits of the query parameter `j`. No other character of it may get into
/// a script.
std::string jsonp_index(std::string_view parameter);

/// `___eio[<index>]("<payload>");`: the payload as a string literal that is the same in JSON and in every version of
/// JavaScript, with U+2028 and U+2029 escaped. Bytes that are no UTF-8 become U+FFFD.
/// @param index  Digits, from jsonp_index().
std::string write_jsonp(std::string_view index, std::string_view payload);

/// Reads the payload from an `application/x-www-form-urlencoded` body: its field `d`, decoded in one pass.
///
/// Browsers rewrite line ends in forms. So clients send a line feed as a backslash and n, and double each backslash
/// before an n. This function undoes both: a backslash and n become a line feed, and of several backslashes before an n
/// one is removed.
///
/// @return Nothing when there is no field `d`, or more than one, which the reference ignores, too; or
///         errc::payload_too_large for a body of more than `max_bytes`. The bytes need not be UTF-8: the reader of the
///         payload checks that.
/// @par Source  the Engine.IO protocol, revisions 3 and 4.
result<std::optional<std::string>> read_jsonp_form(std::string_view body, std::size_t max_bytes);

}  // namespace cosio::inline v0_2::wire
