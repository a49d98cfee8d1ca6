// Values of messages between servers, whatever the wire: JSON or MessagePack with binary, and the events in them. The
// receivers and names in a message are read in redis_fields.hpp.
//
// Pure: no I/O, no clock, no lock; but the log is told once of a message that is too much. Data from the bus is not
// trusted: it is checked like a client's. What cannot be read is no message: a list of rooms that is none must not
// become "everybody".

#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/adapter.hpp>
#include <cosio/convert.hpp>
#include <cosio/parser.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// A longer message is not read, nor one with more values: each of them takes memory, whatever its text.
constexpr std::size_t max_message_bytes = 64'000'000;
constexpr std::size_t max_message_values = 4'000'000;

/// A value that was read, and the binary that its placeholders name.
class message_value {
 public:
  boost::json::value data;
  std::vector<binary> attachments;
};

/// Logs, once for each flag, that a message on a channel of ours is of another adapter. Any thread.
void tell_foreign_message(std::atomic<bool>& has_told);

/// Reads MessagePack.
std::optional<message_value> read_value(std::string_view message);
/// Reads JSON. Its depth is that of an event of a client, and of the message around it.
std::optional<boost::json::value> read_json_value(std::string_view message);
/// Reads a request or response in JSON; nothing for any other message.
std::optional<boost::json::object> read_json_message(std::string_view message);
/// The binary of an event, in the form that write_msgpack_value() takes.
parser::packet carrier(const event_data& event);

bool is_number(const boost::json::value* value, std::int64_t wanted);

/// The deepest nesting of the values of an event that other servers can read.
constexpr std::size_t max_event_depth = 1'022;
/// The bytes and values of an event in a message that is read: there are some around it.
constexpr std::size_t max_event_bytes = max_message_bytes - 1'000'000;
constexpr std::size_t max_event_values = max_message_values - 100'000;

/// @throws error errc::bad_argument for an event that other servers cannot read: one that is too deep, has too many
///         values, or is too long.
void check_event(const event_data& event);
/// The array of an event or answer. @throws error errc::bad_argument for one that is too deep.
boost::json::value parsed(const event_data& event);
/// The same of an event that came in a message, which may be a little deeper.
boost::json::value read_back(const event_data& event);
/// The same as arguments, with its binary.
arguments values_of(const event_data& event);
/// The same for JSON: binary as Node's JSON.stringify() writes a Buffer.
boost::json::value plain_json(const event_data& event);
/// A socket's data with binary becomes JSON, in which each byte takes the memory of a JSON value: so more is refused.
constexpr std::size_t max_described_binary = 1'000'000;
/// Replaces placeholders by what Node's JSON.stringify() makes of a Buffer.
void replace_binary(boost::json::value& value, const std::vector<binary>& attachments);
/// The name of an event: its first value. Nothing when that is neither text nor a number.
std::optional<std::string> name_of_event(const boost::json::value& event);
/// Whether each attachment is named in the value exactly once.
bool names_all(const boost::json::value& value, std::size_t attachments);

}  // namespace cosio::inline v0_2::cluster
