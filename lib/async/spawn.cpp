// Reporting what escapes coroutines.

#include "async/spawn.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "base/logger.hpp"

namespace cosio {
namespace async {
namespace {

bool is_cancellation(const std::exception_ptr& e) noexcept {
  try {
    std::rethrow_exception(e);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

void report(std::string_view component, const std::exception_ptr& escaped) noexcept {
  const log_level level = is_cancellation(escaped) ? log_level::debug : log_level::error;
  base::log(level, component, "a coroutine ended with an exception: " + base::describe(escaped));
}

}  // namespace async

void spawn(boost::asio::any_io_executor executor, task<> work) { async::spawn(executor, "application", std::move(work)); }

}  // namespace cosio
