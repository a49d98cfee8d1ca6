// JSONP polling: payloads as calls of a function in a script, and as a field of a form.
//
//   way in    engine/polling_transport: body of a POST -> read_jsonp_form() -> payload_reader
//   way out   payload_writer -> write_jsonp() -> body of a response
//
// Only clients of revision 3 ask for it, those that know no XMLHttpRequest across origins. Pure: no I/O, no clock, no
// lock. Fuzzed by fuzz/jsonp.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::wire {

/// The index of the client's function, from the query parameter `j`: its digits. Nothing else of it may get into a
/// script.
std::string jsonp_index(std::string_view parameter);

/// `___eio[<index>]("<payload>");`: the payload as a string literal that is the same in JSON and in every version of
/// JavaScript, with U+2028 and U+2029 escaped. What is no UTF-8 becomes U+FFFD.
/// @param index  Digits, from jsonp_index().
std::string write_jsonp(std::string_view index, std::string_view payload);

/// The payload out of an `application/x-www-form-urlencoded` body: its field `d`, decoded in one pass.
///
/// Browsers rewrite line ends in forms, so clients send a line feed as backslash and n, and each backslash before an n
/// twice. Here a backslash and n become a line feed, and of several backslashes before an n one goes away.
///
/// @return Nothing when there is no field `d`, or more than one, which the reference ignores, too; or
/// errc::payload_too_large for a body
///         of more than `max_bytes`. The bytes need not be UTF-8: the payload's reader looks at that.
/// @par Source  the Engine.IO protocol, revisions 3 and 4.
result<std::optional<std::string>> read_jsonp_form(std::string_view body, std::size_t max_bytes);

}  // namespace cosio::wire
