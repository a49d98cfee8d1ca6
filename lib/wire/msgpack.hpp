// MessagePack <-> JSON values with binary beside them, in the dialect of notepack.io 2. That is the library behind
// socket.io-msgpack-parser.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/msgpack.cpp. Only msgpack.cpp includes nlohmann-json.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/error.hpp>
#include <cosio/parser.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// Whether the library was built with nlohmann-json. Without it the other functions must not be called.
bool has_msgpack() noexcept;

struct msgpack_limits {
  /// The depth of nested arrays and maps. Reading is recursive: a limit above msgpack_deepest counts
  /// as msgpack_deepest.
  std::size_t max_depth = 1'025;
  /// The bytes of the input, and binary_cost more for each binary value in it. Binary needs no message of its own here,
  /// so its number has no limit besides this one.
  std::size_t max_bytes = 10'000'000;
  /// Whether the extension -1 is a date, as servers write it to each other (notepack.io 3, @msgpack/msgpack). For
  /// notepack.io 2, which clients have, it is an extension like others.
  bool timestamps = true;
  /// The number of values: each takes memory, also one that is a single byte.
  std::size_t max_values = SIZE_MAX;
};

/// The memory of one binary value besides its bytes: its placeholder, and the object that shares the bytes.
constexpr std::size_t binary_cost = 256;

/// The deepest nesting that a thread's stack is used for: about half a kilobyte for each level.
constexpr std::size_t msgpack_deepest = 1'025;

/// Reads one value into `into.data`, its binary into `into.attachments`.
///
/// No memory is reserved for a length that the input only announces. Extensions of type 0 are notepack's: `d4 00 xx` is
/// undefined (null in an array, left out in a map), `d7 00` and 8 bytes a Date (the string that JSON.stringify() makes
/// of it, null when it is invalid), `c7`, `c8`, `c9` an ArrayBuffer (binary). The extension -1 is a date as well, see
/// msgpack_limits. Other extensions become an array of type and binary, as in the reference. Keys of maps must be
/// strings; of equal keys the last wins. In strings that are not UTF-8, U+FFFD replaces the bad bytes.
///
/// @return errc::bad_message (also for a single undefined, and for bytes behind the value), json_too_deep,
///         message_too_large. After an error `into` may hold a part of the value.
result<void> read_msgpack(std::string_view bytes, const msgpack_limits& limits, parser::packet& into);

/// One member of the map that write_msgpack() writes.
struct msgpack_member {
  std::string_view key;
  const boost::json::value* value;  ///< null: the member is left out
};

/// Writes a map: members in this order, integers in their shortest form, attachments of `from` as bin.
std::string write_msgpack(std::span<const msgpack_member> members, const parser::packet& from);

/// Writes one value; attachments of `from` as bin.
std::string write_msgpack_value(const boost::json::value& value, const parser::packet& from);

}  // namespace cosio::inline v0_2::wire
