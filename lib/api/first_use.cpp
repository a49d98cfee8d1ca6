// The question of http_api_options::first_use, with its time limit.

#include "api/first_use.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>

#include <cosio/error.hpp>

#include <exception>
#include <memory>
#include <utility>

#include "api/signature.hpp"
#include "async/wait_until.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::api {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_at_once = 1'000;

// On the strand of the connection. It outlives a wait that has come to the end of its time.
struct use_question {
  std::optional<bool> is_first;
  std::exception_ptr thrown;
  std::weak_ptr<async::suspension> waiting;
};

task<> ask_store(std::shared_ptr<use_question> into, first_use::question ask, std::string code, milliseconds keep) {
  try {
    auto asking = ask(std::move(code), keep);
    into->is_first = co_await std::move(asking);
  } catch (...) {
    into->thrown = std::current_exception();
  }
  if (const auto waiting = into->waiting.lock()) waiting->end();
}

// A code is good for twice the skew, and for one second more: times are compared in whole seconds. The clocks of the
// processes that share a store may differ by another skew.
milliseconds time_of_use(milliseconds skew) { return 3 * skew + std::chrono::seconds(1); }

}  // namespace

first_use::first_use(const http_api_options& limits)
    : ask_(limits.first_use),
      keep_(time_of_use(limits.max_clock_skew)),
      timeout_(limits.first_use_timeout),
      asking_(most_at_once) {}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<std::optional<refusal>> first_use::check(std::string code, async::deadlines& timers) {
  const boost::asio::any_io_executor here = co_await boost::asio::this_coro::executor;
  const auto asked = std::make_shared<use_question>();
  try {
    auto begin = [this, here, asked, code = std::move(code)](const std::weak_ptr<async::suspension>& waiting) {
      asked->waiting = waiting;
      try {
        if (asking_.start(here, "http", ask_store(asked, ask_, code, keep_))) return;
        throw error(errc::limit_reached, "1000 questions have not ended");
      } catch (...) {
        asked->thrown = std::current_exception();
      }
      if (const auto still = waiting.lock()) still->end();
    };
    auto waits = async::wait_until(timers, timers.after(timeout_), std::move(begin));
    co_await std::move(waits);
    if (!asked->is_first && !asked->thrown) throw error(errc::timed_out, "first_use_timeout is over");
  } catch (...) {
    asked->thrown = std::current_exception();
  }
  if (asked->thrown) {
    base::log_thrown("http", {"http_api_options::first_use could not say whether a request is the first one"},
                     asked->thrown);
    refusal away(503, "unavailable", "the server cannot find out whether this signed request was sent before");
    away.retry_after = 1;
    co_return away;
  }
  if (*asked->is_first) co_return std::nullopt;
  co_return not_signed_in(std::string(sent_before));
}

}  // namespace cosio::inline v0_2::api
