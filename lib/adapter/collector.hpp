// Collects the answers of many, until all have come or the time is over.
//
//   const auto answers_of = std::make_shared<collector>(servers);
//   local_adapter::ask_clients(…, answers_of);                      // and other servers' answers
//   answers_of->expect(clients);                                    // once for every server
//   const answers got = co_await collector::wait(answers_of, timers, 5s);

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::adapters {

/// @par Threads  Any; guarded by its own mutex. One coroutine waits.
class collector final : public answer_sink {
 public:
  /// @param servers  The number of servers that will call expect() with the number of their answers.
  explicit collector(std::size_t servers) : silent_servers_(servers) {}

  /// The same number, when it is known later. Before anything is waited for.
  void expect_servers(std::size_t servers);
  void expect(std::size_t answers);
  void answered(arguments answer) override;
  void gone() override;
  bool keeps() const noexcept override { return true; }
  /// Ends the wait, which throws errc::cancelled, unless all is there. @param why  For people.
  void cancel(std::string why);

  /// Waits for the end. @return the answers that came; they are complete when every expected answer has come.
  /// @throws error errc::cancelled after cancel().
  static task<answers> wait(std::shared_ptr<collector> self, async::deadlines& timers,
                            std::chrono::milliseconds timeout);
  /// As wait(). @return the answers that came, and the number of those that are missing.
  static task<partial<std::vector<arguments>>> wait_for_parts(std::shared_ptr<collector> self, async::deadlines& timers,
                                                              std::chrono::milliseconds timeout);

 private:
  static task<> until_over(std::shared_ptr<collector> self, async::deadlines& timers,
                           std::chrono::milliseconds timeout);
  void suspended(const std::weak_ptr<async::suspension>& waiting);
  bool is_over() const;
  bool all_there() const noexcept COSIO_REQUIRES(mutex_) { return silent_servers_ == 0 && ended_ >= expected_; }
  bool ends() const noexcept COSIO_REQUIRES(mutex_) { return all_there() || !cancelled_.empty(); }
  /// The wait to end if all is there or it was cancelled, otherwise null.
  std::shared_ptr<async::suspension> if_over() const COSIO_REQUIRES(mutex_) {
    return ends() ? waiting_.lock() : nullptr;
  }
  partial<std::vector<arguments>> take();

  mutable base::mutex mutex_;
  std::vector<arguments> responses_ COSIO_GUARDED_BY(mutex_);
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
  std::size_t silent_servers_ COSIO_GUARDED_BY(mutex_);
  std::size_t expected_ COSIO_GUARDED_BY(mutex_) = 0;
  std::size_t ended_ COSIO_GUARDED_BY(mutex_) = 0;
  std::string cancelled_ COSIO_GUARDED_BY(mutex_);  // why; empty: it was not
};

}  // namespace cosio::inline v0_2::adapters
