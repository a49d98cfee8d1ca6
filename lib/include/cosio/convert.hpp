// Conversion of C++ values to the arguments of events, and back. emit(), handlers, emit_with_ack() and data() use it.
//
// These types are understood, at any depth:
//   - bool, nullptr, integers and floating-point numbers
//   - std::string and other strings; handlers must take a type that owns its text
//   - std::filesystem::path as text in UTF-8
//   - std::optional, boost::optional, std::shared_ptr and std::unique_ptr: nothing is null, and a member of a struct
//     that is nothing is left out
//   - std::variant: the value that it holds; the first alternative that fits is read, and std::monostate is null
//   - cosio::binary, and std::vector, std::array and std::span of std::byte or std::uint8_t as binary
//   - cosio::argument: any value, with the binary in it
//   - Boost.JSON values, without binary
//   - sequences and sets as arrays
//   - maps as objects; their keys are text, integers in decimal digits, or enums
//   - tuples and pairs as arrays of a fixed size
//   - durations of std::chrono as numbers of milliseconds
//   - points in time of std::chrono::system_clock as text, in the form of a Date: "2026-11-30T13:41:14.000Z"
//   - std::chrono::sys_days as the text of a day: "2026-11-30". The text of a Date is read, too
//   - structs described with BOOST_DESCRIBE_STRUCT as objects, inherited members included
//   - enums described with BOOST_DESCRIBE_ENUM as the name, other enums as the number
//   - types with tag_invoke() of Boost.JSON; they need <boost/json/value_from.hpp> and <boost/json/value_to.hpp>
//
// This header brings both macros along. A value that is written can be read into the same type again, but views cannot
// be read. A point in time loses what is finer than a millisecond. A char does not compile, and neither does a vector
// of them: a reader would not know whether text, a number or binary is meant. A cycle of std::shared_ptr never ends.
//
// Reading is strict: a string is no number, and a number with a fraction is no integer. Numbers must be in the range of
// the C++ type. Members of an object that the struct does not have are ignored; members that are missing are an error,
// unless they may be nothing. Bytes are read from an array of numbers, too.
//
// convert_writing.hpp has the templates that write, convert_reading.hpp those that read.

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cosio/convert_reading.hpp>
#include <cosio/convert_writing.hpp>
