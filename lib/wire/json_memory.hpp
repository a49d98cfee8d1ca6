// The memory that a JSON value takes, and a packet with its attachments.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>

#include <cstddef>
#include <span>

namespace cosio::inline v0_2::wire {

// Of a block: the heap's head, the length that Boost.JSON keeps in it, and what rounding adds.
inline constexpr std::size_t block_memory = 32;

/// The memory that parts of a tree take, beside the values themselves: the bytes of a string, those of a member's name,
/// the values in an array and the members of an object that are not empty.
constexpr std::size_t string_memory(std::size_t bytes) noexcept {
  constexpr std::size_t longest_inside = 14;  // shorter strings lie in the value itself
  return bytes > longest_inside ? block_memory + bytes : 0;
}
constexpr std::size_t name_memory(std::size_t bytes) noexcept { return block_memory + bytes; }
constexpr std::size_t array_memory(std::size_t elements) noexcept {
  return block_memory + elements * sizeof(boost::json::value);
}
constexpr std::size_t object_memory(std::size_t members) noexcept {
  constexpr std::size_t place = 8;  // in the table of hashes
  return block_memory + members * (sizeof(boost::json::key_value_pair) + place);
}

/// The bytes that a copy of `value` takes from the heap, with the heap's own. An empty array of two characters on the
/// wire takes as much as a number; one that is not empty takes a block. So it may be many times the size on the wire.
/// The work is in proportion to the number of values.
std::size_t json_memory(const boost::json::value& value) noexcept;

/// The bytes of attachments, with the memory around each.
std::size_t memory_of(std::span<const binary> attachments) noexcept;

/// The bytes of the data of a packet: its JSON and its attachments.
std::size_t packet_memory(const boost::json::value& data, std::span<const binary> attachments) noexcept;

}  // namespace cosio::inline v0_2::wire
