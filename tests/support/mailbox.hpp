// How the threads of a server talk to the thread of a test: what handlers put is taken in order; coroutines give
// futures. Nothing waits longer than ten seconds.

#pragma once
#include <boost/asio/co_spawn.hpp>

#include <cosio/task.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio::test {

constexpr std::chrono::seconds patience{10};

/// A queue of values between threads: values are taken in the order in which they were put.
template <class T = std::string>
class mailbox {
 public:
  void put(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    changed_.notify_one();  // under the lock: who takes the item may let go of the mailbox
  }

  /// @throws std::runtime_error when nothing comes in time.
  T take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !items_.empty(); }))
      throw std::runtime_error("the mailbox stayed empty");
    T first = std::move(items_.front());
    items_.pop_front();
    return first;
  }

  bool empty() const {
    const std::lock_guard lock(mutex_);
    return items_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

/// Starts `work` on an executor; the future has its result.
template <class T, class Executor>
std::future<T> start(const Executor& on, task<T> work) {
  auto promise = std::make_shared<std::promise<T>>();
  auto result = promise->get_future();
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(on, std::move(work), [promise](std::exception_ptr e) {
      if (e) {
        promise->set_exception(e);
      } else {
        promise->set_value();
      }
    });
  } else {
    boost::asio::co_spawn(on, std::move(work), [promise](std::exception_ptr e, T value) {
      if (e) {
        promise->set_exception(e);
      } else {
        promise->set_value(std::move(value));
      }
    });
  }
  return result;
}

/// Waits for the value of a future. @throws std::runtime_error when it does not come in time.
template <class T>
T wait(std::future<T> result) {
  if (result.wait_for(patience) != std::future_status::ready) throw std::runtime_error("the coroutine did not end");
  return result.get();
}

}  // namespace cosio::test
