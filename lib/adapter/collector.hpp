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
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::adapters {

/// Any thread. One coroutine waits.
class collector final : public answer_sink, public async::deadline {
 public:
  /// @param servers  The number of servers that will call expect() with the number of their answers.
  explicit collector(std::size_t servers) : silent_servers_(servers) {}

  void expect(std::size_t answers);
  void answered(arguments answer) override;
  void gone() override;
  void on_deadline() noexcept override;

  /// Waits for the end. @return the answers that came; they are complete when every expected answer has come.
  static task<answers> wait(std::shared_ptr<collector> self, async::deadlines& timers,
                            std::chrono::milliseconds timeout);

 private:
  void suspended(std::shared_ptr<async::suspension> waiting);
  bool all_there() const noexcept { return silent_servers_ == 0 && ended_ >= expected_; }
  /// The coroutine to wake if the wait is over, otherwise null. With mutex_ held.
  std::shared_ptr<async::suspension> if_over() const { return all_there() ? waiting_ : nullptr; }
  answers take();

  base::mutex mutex_;
  std::vector<arguments> responses_;
  std::shared_ptr<async::suspension> waiting_;
  std::size_t silent_servers_;
  std::size_t expected_ = 0;
  std::size_t ended_ = 0;
  bool timed_out_ = false;
};

}  // namespace cosio::adapters
