// The io_context and its threads.

#include "async/runtime.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "async/watched_socket.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;

// The io_context that an executor belongs to. An execution_context does not know its type, but the executor does.
asio::io_context* context_of(const asio::any_io_executor& ex) {
  if (const auto* plain = ex.target<executor>()) return &plain->context();
  if (const auto* on_strand = ex.target<strand>()) return &on_strand->get_inner_executor().context();
  if (const auto* erased = ex.target<asio::strand<asio::any_io_executor>>())
    return context_of(erased->get_inner_executor());
  return nullptr;
}

asio::io_context& checked_context_of(const asio::any_io_executor& ex) {
  asio::io_context* io = context_of(ex);
  if (io == nullptr)
    throw error(errc::not_supported, "the executor belongs to no io_context; pass io_context::get_executor()");
  return *io;
}

unsigned at_least_one(unsigned threads) {
  return threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

runtime::runtime(unsigned threads)
    : own_(std::make_shared<own_context>(static_cast<int>(at_least_one(threads)))),
      context_(own_.get()),
      timers_(std::make_shared<deadlines>(*context_)),
      threads_(at_least_one(threads)),
      work_(std::make_unique<work>(context_->get_executor())) {
  if (threads_ == 1) watched_socket::run_by_one_thread(*context_);
}

runtime::runtime(const asio::any_io_executor& ex)
    : context_(&checked_context_of(ex)), timers_(std::make_shared<deadlines>(*context_)), threads_(1) {}

runtime::runtime(asio::io_context& context, deadlines::manual_time)
    : context_(&context), timers_(std::make_shared<deadlines>(deadlines::manual_time{})), threads_(1) {}

// Somebody else may keep the table.
runtime::~runtime() { timers_->stop(); }

// A stop() that came first counts: a thread that is about to call run() may be late. If the caller has restarted its
// io_context meanwhile, that stop is over.
bool runtime::may_run() {
  const base::lock_guard lock(mutex_);
  const bool came_first = std::exchange(stop_came_, false) && context_->stopped();
  if (!came_first && context_->stopped()) context_->restart();
  return !came_first;
}

// If a thread cannot be started, those before it are stopped, and the caller of run() gets the exception. It may call
// run() again.
void runtime::run() {
  if (!may_run()) return;
  std::vector<std::thread> others;
  std::exception_ptr failed;
  try {
    if (own_)
      for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this] { run_thread(); });
  } catch (...) {  // not passed on before all are joined: the destructor of a running thread ends the process
    failed = std::current_exception();
    context_->stop();
  }
  if (!failed) run_thread();
  for (auto& thread : others) thread.join();
  {
    const base::lock_guard lock(mutex_);
    stop_came_ = false;
  }
  if (failed) std::rethrow_exception(failed);
}

// A handler that threw has ended. The others go on.
void runtime::run_thread() {
  const own_context::running_here here(own_);
  for (;;) {
    try {
      context_->run();
      return;
    } catch (...) {
      base::log_thrown("async", {"a handler threw"});
    }
  }
}

void runtime::shut_down() noexcept {
  if (!own_) return;
  timers_->stop();
  work_ = nullptr;
  own_->end();
  while (const auto next = take_listener()) next->on_shut_down();
}

void runtime::tell_of_end(const std::shared_ptr<end_listener>& whom) noexcept {
  if (!own_) return;
  const base::lock_guard lock(mutex_);
  if (whom->is_linked()) return;
  whom->me_ = whom;
  listeners_.push_back(*whom);  // has room
}

void runtime::forget(end_listener& gone) noexcept {
  const base::lock_guard lock(mutex_);
  if (gone.is_linked()) listeners_.erase(listeners_.iterator_to(gone));
}

// One that is being destroyed waits for the mutex in forget(): it is still there, but cannot be owned any more.
std::shared_ptr<end_listener> runtime::take_listener() noexcept {
  const base::lock_guard lock(mutex_);
  while (!listeners_.empty()) {
    end_listener& first = listeners_.front();
    listeners_.pop_front();
    if (auto alive = first.me_.lock()) return alive;
  }
  return nullptr;
}

void runtime::stop() noexcept {
  const base::lock_guard lock(mutex_);
  stop_came_ = true;
  context_->stop();
}

}  // namespace cosio::inline v0_2::async
