// Reporting what escapes coroutines.

#include "async/spawn.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cosio/error.hpp>

#include "base/logger.hpp"

namespace cosio {
namespace async {
namespace {

// Zero when it is no error with a code.
boost::system::error_code code_of(const std::exception_ptr& escaped) noexcept {
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    return error.code();
  } catch (...) {
    return {};
  }
}

}  // namespace

bool is_end(const std::exception_ptr& escaped) noexcept {
  const auto code = code_of(escaped);
  return code == boost::asio::error::operation_aborted || code == make_error_code(errc::disconnected);
}

void report(std::string_view component, const std::exception_ptr& escaped) noexcept {
  const log_level level = code_of(escaped) == boost::asio::error::operation_aborted ? log_level::debug : log_level::error;
  base::log(level, component, "a coroutine ended with an exception: " + base::describe(escaped));
}

}  // namespace async

void spawn(boost::asio::any_io_executor executor, task<> work) { async::spawn(executor, "application", std::move(work)); }

}  // namespace cosio
