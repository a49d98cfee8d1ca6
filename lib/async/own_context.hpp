// An io_context of ours that ends before it is destroyed.
//
// Asio's strands and sockets must not outlive their io_context, not even by a destructor; handles of users do. So what
// users can hold keeps the io_context as an object, and its owner ends it: what waits in it is destroyed, and what is
// posted to its strands afterwards is dropped.

#pragma once
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>

namespace cosio::async {

class own_context : public boost::asio::io_context {
 public:
  explicit own_context(int threads) : boost::asio::io_context(threads) {}

  /// Destroys every handler that waits, and the coroutines that such handlers own. No thread may be in run().
  void end() noexcept;
  /// Any thread.
  bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

  /// The one that runs on this thread; null on threads of others.
  static const std::shared_ptr<own_context>& running() noexcept;

  /// Says what runs on this thread, as long as it lives.
  class running_here {
   public:
    explicit running_here(std::shared_ptr<own_context> now) noexcept;
    ~running_here();
    running_here(const running_here&) = delete;
    running_here& operator=(const running_here&) = delete;

   private:
    std::shared_ptr<own_context> before_;
  };

 private:
  std::atomic<bool> ended_{false};
};

}  // namespace cosio::async
