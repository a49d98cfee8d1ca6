// The memory that a JSON value takes, and a packet with its attachments.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>

#include <cstddef>
#include <span>

namespace cosio::inline v0_2::wire {

/// The bytes that a copy of `value` takes from the heap, with the heap's own. An empty array of two characters on the
/// wire takes as much as a number; one that is not empty takes a block. So it may be many times the size on the wire.
/// The work is in proportion to the number of values.
std::size_t json_memory(const boost::json::value& value) noexcept;

/// The bytes of attachments, with the memory around each.
std::size_t memory_of(std::span<const binary> attachments) noexcept;

/// The bytes of the data of a packet: its JSON and its attachments.
std::size_t packet_memory(const boost::json::value& data, std::span<const binary> attachments) noexcept;

}  // namespace cosio::inline v0_2::wire
