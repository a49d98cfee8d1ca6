// Where coroutines wait that nobody else owns.
//
// What waits in an operation of Asio's goes with its io_context; a suspension goes with whoever holds it. When that is reached from the
// waiting coroutine only, the coroutine keeps itself: so its io_context holds the suspension here, and everybody else holds it weakly.

#pragma once
#include <boost/asio/execution_context.hpp>

#include <memory>
#include <unordered_set>

#include "async/suspension.hpp"
#include "base/guarded.hpp"

namespace cosio::async {

/// A service of the execution context that a coroutine runs in: boost::asio::use_service<waiting_room>(context).
///
/// @par Threads  Any; guarded by its mutex.
class waiting_room final : public boost::asio::execution_context::service {
 public:
  using key_type = waiting_room;
  inline static boost::asio::execution_context::id id;

  explicit waiting_room(boost::asio::execution_context& in) : service(in) {}

  /// Holds it until leave(), or the end of the context.
  void enter(std::shared_ptr<suspension> waiting);
  void leave(const std::shared_ptr<suspension>& waiting) noexcept;

 private:
  /// The context ends: whoever is still here is destroyed where it waits.
  void shutdown() noexcept override;

  base::mutex mutex_;
  std::unordered_set<std::shared_ptr<suspension>> here_;
};

}  // namespace cosio::async
