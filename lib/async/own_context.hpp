// An io_context of ours that ends before it is destroyed.
//
// Asio's strands and sockets must not outlive their io_context, not even until their destructor. But an
// application may keep its handles longer. So everything that an application can hold keeps the
// io_context alive as an object, and the owner of the io_context ends it earlier: handlers that wait are
// destroyed, and later posts to its strands are dropped.

#pragma once
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>

namespace cosio::inline v0_2::async {

class own_context : public boost::asio::io_context {
 public:
  explicit own_context(int threads) : boost::asio::io_context(threads) {}

  /// Destroys every handler that waits, and the coroutines that those handlers own. No thread may be in run().
  void end() noexcept;
  /// Any thread.
  bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

  /// The own_context that runs on this thread; null on every other thread.
  static const std::shared_ptr<own_context>& running() noexcept;

  /// Names the own_context that runs on this thread, for its own lifetime.
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

}  // namespace cosio::inline v0_2::async
