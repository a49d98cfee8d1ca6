// Errors of the system in words, for people: without the place in the sources of Boost where they were made, which
// what() of a boost::system::system_error adds. That path has more letters than the message.

#pragma once
#include <boost/system/error_code.hpp>

#include <exception>
#include <string>

namespace cosio::inline v0_2::base {

/// The same code without the place where it was made. A system_error of it has a short what(). Any thread.
inline boost::system::error_code without_place(const boost::system::error_code& code) noexcept {
  return boost::system::error_code(code.value(), code.category());
}

/// The text of an exception: its what(), of a boost::system::system_error without the place. Any thread.
std::string words_of(const std::exception& thrown);

}  // namespace cosio::inline v0_2::base
