// Parts of the messages between servers: names, receivers, descriptions of sockets.
//
// Pure: no I/O, no clock, no lock. A part that cannot be read is nothing, and its message is put aside whole: it may be
// the part that names the receivers.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/adapter.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// A member of an object; null when there is none, and of all that is no object.
const boost::json::value* part_of(const boost::json::value& of, std::string_view name);
/// A text that may be missing (null): empty then. Nothing when it is no string.
std::optional<std::string> text_part(const boost::json::value* value);
/// A text, or a number as its decimal text.
std::optional<std::string> name_part(const boost::json::value& value);

boost::json::object write_opts(const target& to);
/// The receivers in `opts`: everybody when its list of rooms is empty. Nothing when a part of it cannot be read:
/// `rooms` must be there, `except` and `flags` may be missing.
std::optional<target> read_opts(const boost::json::value* opts);

/// Names of sockets and rooms as JSON.
boost::json::array strings(const std::vector<std::string>& from);
/// @throws error errc::bad_argument for a name that other servers cannot read.
void check_names(const std::vector<std::string>& names);
/// The same for names that other servers must find.
boost::json::array names_for_others(const std::vector<std::string>& from);
/// Names that another server has sent. A number counts as its decimal text, as in a Node server whose application used
/// numbers. Nothing when it is no list, or has other values.
std::optional<std::vector<std::string>> read_names(const boost::json::value* list);
/// The sockets in the response to a request of type 5.
boost::json::array write_sockets(const std::vector<socket_descriptor>& from);
std::optional<std::vector<socket_descriptor>> read_sockets(const boost::json::value& list);

std::string serialized(const boost::json::value& value);

/// A member that may be missing: empty then. Nothing when it is no string.
std::optional<std::string> text_of(const boost::json::object& in, std::string_view name);
/// A member that must be an integer.
std::optional<std::int64_t> number_of(const boost::json::object& in, std::string_view name);
/// A member that may be missing: false then. Nothing when it is no boolean.
std::optional<bool> flag_of(const boost::json::object& in, std::string_view name);
}  // namespace cosio::inline v0_2::cluster
