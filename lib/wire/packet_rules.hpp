// What a packet must be, whichever parser has read it.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/msgpack.cpp.

#pragma once
#include <cosio/error.hpp>
#include <cosio/parser.hpp>

#include <optional>

namespace cosio::wire {

/// Checks a packet that a parser other than the default one has read.
///
/// connect carries nothing or an object, disconnect nothing, event an array that is empty or begins with a string or
/// number, ack nothing or an array. Unlike the default parser it lets reserved event names pass, as
/// socket.io-msgpack-parser does: nobody can listen to them.
///
/// @return nothing, or errc::bad_payload, nsp_too_long, too_many_attachments, bad_placeholder (data names attachments
/// more often than there
///         are any: a client that writes placeholders by hand could make one attachment many, and an echo huge).
std::optional<errc> check_packet(const parser::packet& packet, const parser::limits& bounds) noexcept;

}  // namespace cosio::wire
