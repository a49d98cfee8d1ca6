// A small world for tests: an io_context that is run by hand, and a clock that only moves when told.
//
//   world w;
//   async::memory_streams pair;
//   app_state->serve(std::move(pair.near));     // something of ours
//   w.settle();                                 // everything that can happen now has happened
//   w.advance(10s);                             // and now ten seconds have passed
//
// With real sockets, where the kernel has a say: w.run_until([&] { return something; }).

#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cosio/task.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "async/runtime.hpp"

namespace cosio::test {

class world {
 public:
  boost::asio::io_context& context() noexcept { return context_; }
  async::runtime& runtime() noexcept { return *runtime_; }
  async::deadlines& timers() noexcept { return runtime_->timers(); }
  async::strand make_strand() { return runtime_->make_strand(); }

  /// Gives the runtime away, to something that owns it; runtime() still works.
  std::unique_ptr<async::runtime> take_runtime() noexcept { return std::move(owned_); }

  /// Runs whatever is ready, until nothing is.
  void settle() {
    context_.restart();
    while (context_.poll() != 0) context_.restart();
  }

  /// Lets time pass, then settles.
  void advance(std::chrono::milliseconds time) {
    settle();
    timers().advance(time);
    settle();
  }

  /// Runs until `done()`: for events of real sockets and other threads. @return false when ten seconds were not enough.
  template <class F>
  bool run_until(F done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  /// Runs a coroutine to its end and gives its result; throws what it throws.
  template <class T>
  T run(task<T> work) {
    if constexpr (std::is_void_v<T>) {
      finish(std::move(work));
    } else {
      std::optional<T> result;
      finish(keep(std::move(work), &result));
      return std::move(*result);
    }
  }

 private:
  template <class T>
  static task<> keep(task<T> work, std::optional<T>* to) {
    T value = co_await std::move(work);
    to->emplace(std::move(value));
  }

  void finish(task<> work) {
    std::exception_ptr thrown;
    bool ended = false;
    boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e) {
      thrown = e;
      ended = true;
    });
    settle();
    if (!ended && !run_until([&] { return ended; })) throw std::logic_error("the coroutine did not end");
    if (thrown) std::rethrow_exception(thrown);
  }

  boost::asio::io_context context_;
  std::unique_ptr<async::runtime> owned_ = std::make_unique<async::runtime>(context_, async::deadlines::manual_time{});
  async::runtime* runtime_ = owned_.get();
};

/// Runs an io_context on threads of its own as long as it lives.
class background {
 public:
  explicit background(boost::asio::io_context& context, unsigned threads = 1)
      : context_(context), work_(context.get_executor()) {
    context.restart();
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([&context] { context.run(); });
  }
  background(const background&) = delete;
  background& operator=(const background&) = delete;
  ~background() {
    work_.reset();
    context_.stop();
    for (auto& thread : threads_) thread.join();
  }

 private:
  boost::asio::io_context& context_;
  boost::asio::executor_work_guard<async::executor> work_;
  std::vector<std::thread> threads_;
};

}  // namespace cosio::test
