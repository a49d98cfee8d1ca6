// Rules for every packet, whichever parser has read it.
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
/// number, ack nothing or an array. Reserved event names pass, unlike in the default parser: socket.io-msgpack-parser
/// lets them pass, and nobody can listen to them.
///
/// @return nothing; or errc::bad_payload, nsp_too_long, too_many_attachments, or bad_placeholder. The last means that
///         data names attachments more often than there are any: a client that writes placeholders by hand could
///         otherwise make one attachment many, and an echo huge.
std::optional<errc> check_packet(const parser::packet& packet, const parser::limits& bounds) noexcept;

}  // namespace cosio::wire
