// One line per event: who, what, why.

#pragma once
#include <cosio/log.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace cosio::base {

/// Whether a line of this level would go anywhere: ask before building an expensive one.
bool logs(log_level level) noexcept;

/// Writes a line. Any thread; never throws.
void log(log_level level, std::string_view component, std::string_view message) noexcept;

/// What an exception says of itself.
std::string describe(const std::exception_ptr& what) noexcept;

}  // namespace cosio::base
