// Coroutines that nobody awaits: starting them, and reporting their exceptions.

#include "async/spawn.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/guarded.hpp"
#include "base/logger.hpp"

#ifndef BOOST_NO_EXCEPTIONS
template class boost::wrapexcept<std::bad_alloc>;
template class boost::wrapexcept<boost::system::system_error>;
#endif

namespace cosio::inline v0_2 {
namespace async {
namespace {

// The code of a system_error; zero for every other exception.
boost::system::error_code code_of(const std::exception_ptr& escaped) noexcept {
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    return error.code();
  } catch (...) {
    return {};
  }
}

struct kept_contexts {
  base::mutex mutex;
  std::vector<std::unique_ptr<boost::asio::io_context>> all COSIO_GUARDED_BY(mutex);
};

// The coroutine waits for something that may still resume it: its io_context must be there then.
void keep_for_good(std::unique_ptr<boost::asio::io_context> context) {
  static kept_contexts& kept = *new kept_contexts;
  const base::lock_guard lock(kept.mutex);
  kept.all.push_back(std::move(context));
}

}  // namespace

task<> nothing() { co_return; }

bool is_end(const std::exception_ptr& escaped) noexcept {
  const auto code = code_of(escaped);
  return code == boost::asio::error::operation_aborted || code == make_error_code(errc::disconnected) ||
         code == make_error_code(errc::cancelled);
}

void report(std::string_view component, const std::exception_ptr& escaped) noexcept {
  constexpr std::string_view what = "a coroutine ended with an exception";
  if (code_of(escaped) != boost::asio::error::operation_aborted) return base::log_thrown(component, {what}, escaped);
  base::guarded(component,
                [&] { base::log(log_level::debug, component, std::string(what) + ": " + base::describe(escaped)); });
}

void run_aside(std::string_view component, task<> work) noexcept {
  try {
    auto here = std::make_unique<boost::asio::io_context>();
    auto ended = std::make_shared<bool>(false);
    boost::asio::co_spawn(*here, std::move(work), [component, ended](std::exception_ptr e) {
      *ended = true;
      if (e) report(component, e);
    });
    here->poll();
    if (!*ended) keep_for_good(std::move(here));
  } catch (...) {
    report(component, std::current_exception());
  }
}

}  // namespace async

void spawn(boost::asio::any_io_executor executor, task<> work) {
  async::spawn(executor, "application", std::move(work));
}

}  // namespace cosio::inline v0_2
