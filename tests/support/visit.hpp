// Counts coroutines that have not ended: each holds a visit in its frame.

#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace cosio::test {

/// One more, as long as it lives.
class visit {
 public:
  explicit visit(std::shared_ptr<std::size_t> counter) : counter_(std::move(counter)) { ++*counter_; }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() { --*counter_; }

 private:
  std::shared_ptr<std::size_t> counter_;
};

}  // namespace cosio::test
