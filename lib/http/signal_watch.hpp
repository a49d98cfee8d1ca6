// SIGINT and SIGTERM, counted: app::run_until_signal().
//
//   the system -> Asio's signal_set -> came(1), came(2), …

#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::http {

/// From the constructor to end() both signals do not kill the process. Owned by a shared_ptr: the wait shares it.
///
/// @par Threads  Any; guarded by its own mutex.
class signal_watch : public std::enable_shared_from_this<signal_watch> {
 public:
  /// @param came  Called with the number of the signal, 1 and up, on a thread of the io_context.
  signal_watch(boost::asio::io_context& in, std::function<void(unsigned)> came);

  /// Waits for the next signal. Once; then it goes on by itself.
  void start();
  /// Calls nobody from now on, and lets go of the signals.
  void end() noexcept;

 private:
  void tell();

  base::mutex mutex_;
  std::optional<boost::asio::signal_set> signals_ COSIO_GUARDED_BY(mutex_);
  std::function<void(unsigned)> came_ COSIO_GUARDED_BY(mutex_);
  unsigned count_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::http
