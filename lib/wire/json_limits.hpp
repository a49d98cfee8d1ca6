// Reads JSON from the network into a tree, and writes JSON. The limits of depth, numbers, UTF-8 and lone surrogates are
// all decided here; json_tokens.hpp reads by the same rules.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/json.cpp.

#pragma once
#include <cosio/error.hpp>
#include <cosio/json_ref.hpp>
#include <cosio/text_buffer.hpp>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

struct json_limits {
  std::size_t max_depth = 1'024;  // Boost.JSON's own default of 32 refuses what the reference accepts
};

/// Parses one JSON text into `storage`.
///
/// Decided here, each with a test:
///   - deeper than the limit                      errc::json_too_deep
///   - ill-formed UTF-8                           errc::bad_json
///   - an escaped lone surrogate                  U+FFFD instead (JSON.stringify() writes such escapes)
///   - a fraction or an exponent                  the nearest double (Boost.JSON 1.81 may miss the last bit)
///   - an integer of 64 bits                      exact, also above 2^53; minus zero is 0
///   - an integer beyond 64 bits                  a double, as in JavaScript
///   - a number beyond a double's range (1e400)   null, which JavaScript writes for it on the way back
///   - a number too small for a double            0
///   - duplicate keys                             the last wins
///   - white space around the value               accepted; anything else behind it is errc::bad_json
/// A fault's offset is the place in `text` where reading stopped.
result<boost::json::value> parse_json(std::string_view text, boost::json::storage_ptr storage = {},
                                      const json_limits& limits = {});

/// Appends `value` as JSON text that every client can read: well-formed UTF-8, null for infinities and NaN.
/// Boost.JSON's serializer is not used: it would write 1.5 as 1.5E0, and would copy infinities and ill-formed UTF-8.
void append_json(std::string& out, const boost::json::value& value);
void append_json(std::string& out, detail::json_ref value);
void append_json(detail::text_buffer& out, detail::json_ref value);

/// Appends a JSON string literal; ill-formed UTF-8 becomes U+FFFD, and U+001E is always escaped.
void append_json_string(std::string& out, std::string_view text);
void append_json_string(detail::text_buffer& out, std::string_view text);

/// Appends a double in the form that JavaScript reads back exactly: the shortest form, whole numbers below 2^53 in
/// full, null when it is not finite.
void append_json_number(std::string& out, double number);
void append_json_number(detail::text_buffer& out, double number);

}  // namespace cosio::inline v0_2::wire
