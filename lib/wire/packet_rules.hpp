// Rules for every packet, whichever parser has read it.
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/msgpack.cpp.

#pragma once
#include <cosio/error.hpp>
#include <cosio/parser.hpp>

#include <optional>

namespace cosio::inline v0_2::wire {

/// Checks a packet that a parser other than the default one has read.
///
/// connect carries nothing or an object, disconnect nothing, event an array that is empty or begins with a string or
/// number, ack nothing or an array. Reserved event names pass, unlike in the default parser: socket.io-msgpack-parser
/// lets them pass, and nobody can listen to them.
///
/// The number of attachments is not checked: bytes limit binary that is a part of its message, and the code that reads
/// messages counts those of one packet.
///
/// @return nothing; or errc::bad_payload, nsp_too_long, or bad_placeholder. The last means that data names an
///         attachment twice; see check_placeholders().
std::optional<errc> check_packet(const parser::packet& packet, const parser::limits& bounds);

}  // namespace cosio::inline v0_2::wire
