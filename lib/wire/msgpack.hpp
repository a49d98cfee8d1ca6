// MessagePack <-> JSON values with binary beside them, in the dialect of notepack.io 2, the library behind
// socket.io-msgpack-parser.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/msgpack.cpp. Only msgpack.cpp knows the library that does the work
// (nlohmann-json), and is the only file that needs it.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/error.hpp>
#include <cosio/parser.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cosio::wire {

/// Whether the library was built with what this needs. Without it the other two must not be called.
bool has_msgpack() noexcept;

struct msgpack_limits {
  /// Arrays and maps in each other. Reading is recursive: more than msgpack_deepest counts as msgpack_deepest.
  std::size_t max_depth = 1'025;
  std::size_t max_attachments = 64;
};

/// The stack of a thread is the limit: about half a kilobyte for each level.
constexpr std::size_t msgpack_deepest = 1'025;

/// Reads one value into `into.data`, its binary into `into.attachments`.
///
/// Nothing is reserved from a length that the input announces. Extensions of type 0 are notepack's: `d4 00 xx` is
/// undefined (null in an array, left out in a map), `d7 00` and 8 bytes a Date (the string that JSON.stringify() makes
/// of it, null when it is invalid), `c7`, `c8`, `c9` an ArrayBuffer (binary). Others become the array of type and
/// binary, as in the reference. Keys of maps must be strings; of the same key the last wins. Strings that are not UTF-8
/// get U+FFFD.
///
/// @return errc::bad_message (also for undefined alone, and for bytes behind the value), json_too_deep,
/// too_many_attachments; `into` may
///         then hold a part.
result<void> read_msgpack(std::string_view bytes, const msgpack_limits& limits, parser::packet& into);

/// One member of the map that write_msgpack() writes.
struct msgpack_member {
  std::string_view key;
  const boost::json::value* value;  ///< null: the member is left out
};

/// Writes a map: members in this order, integers in their shortest form, what `from` has binary for as bin.
std::string write_msgpack(std::span<const msgpack_member> members, const parser::packet& from);

/// Writes one value; what `from` has binary for as bin.
std::string write_msgpack_value(const boost::json::value& value, const parser::packet& from);

}  // namespace cosio::wire
