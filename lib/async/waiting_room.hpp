// The suspensions that nobody owns but their own coroutines.
//
// If only the waiting coroutine refers to the suspension, the two own each other and leak. So the io_context owns the
// suspension, and everybody else refers to it weakly. An operation of Asio's ends with its io_context, too.

#pragma once
#include <boost/asio/execution_context.hpp>

#include <memory>
#include <unordered_set>

#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::async {

/// A service of the execution context that a coroutine runs in: boost::asio::use_service<waiting_room>(context).
///
/// @par Threads  Any; guarded by its own mutex.
class waiting_room final : public boost::asio::execution_context::service {
 public:
  using key_type = waiting_room;
  inline static boost::asio::execution_context::id id;

  explicit waiting_room(boost::asio::execution_context& in) : service(in) {}

  /// Holds it until remove(), or the end of the context.
  void add(std::shared_ptr<suspension> waiting);
  void remove(const std::shared_ptr<suspension>& waiting) noexcept;

 private:
  /// The context ends: coroutines that still wait here are destroyed.
  void shutdown() noexcept override;

  base::mutex mutex_;
  std::unordered_set<std::shared_ptr<suspension>> here_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::async
