// Rules for options, and the sentence for one that breaks them: its name, its value, and a value to write instead.
//
//   way in    validate() of http, engine and socketio, where an application or a server is made

#pragma once
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::base {

/// @param found   The value, such as "0 ms".
/// @param instead  A value to write, such as "a time from 1 ms on".
/// @throws error errc::bad_argument, always: `the option ping_interval is 0 ms: write a time from 1 ms on`.
[[noreturn]] void refuse_option(std::string_view name, std::string_view found, std::string_view instead);

/// @throws error errc::bad_argument for a time below `least` or above `most`.
void require_time(std::string_view name, std::chrono::milliseconds value, std::chrono::milliseconds least,
                  std::chrono::milliseconds most = std::chrono::milliseconds::max());

/// @throws error errc::bad_argument for a number below `least` or above `most`.
void require_number(std::string_view name, std::size_t value, std::size_t least,
                    std::size_t most = std::numeric_limits<std::size_t>::max());

/// For paths of requests. @throws error errc::bad_argument for one that does not begin with "/", or that has characters
/// which no path of a request has.
void require_path(std::string_view name, std::string_view value);

}  // namespace cosio::inline v0_2::base
