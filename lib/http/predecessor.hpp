// The processes before and behind this one: see start_successor().

#pragma once

namespace cosio::inline v0_2::http {

/// This process serves: the one before it may end, and is sent SIGTERM. Once; does nothing in a process that nobody has
/// started so, or whose predecessor has ended.
/// @par Threads  Any; the environment must not be changed meanwhile.
void end_predecessor() noexcept;

/// Whether a process that start_successor() has started has not ended.
bool has_successor() noexcept;

/// Tells the service manager that this process serves; a successor says that it is the service from now on.
void tell_ready();
/// Tells the service manager that this process ends, unless a successor serves on.
void tell_stopping();

}  // namespace cosio::inline v0_2::http
