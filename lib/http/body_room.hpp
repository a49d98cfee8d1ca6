// Room for bodies that are read before it is known whether they are worth it: a signature is checked with the body, so
// anybody who knows the name of a key can have one read.
//
//   take() -> the body is read -> the place is given back when the body is worth it, or the request is refused
//          -> no room: those that have been read for the longest time are dropped
//
// So clients that send slowly, or nothing, keep nobody out: the next ones take their places.

#pragma once
#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>

#include "base/guarded.hpp"
#include "http/service.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any; guarded by its own mutex.
class body_room : public std::enable_shared_from_this<body_room> {
  struct entry {
    entry(std::size_t most, std::weak_ptr<exchange> whose) : bytes(most), of(std::move(whose)) {}
    const std::size_t bytes;
    const std::weak_ptr<exchange> of;
    std::atomic<bool> is_dropped{false};
  };
  using entries = std::list<std::shared_ptr<entry>>;

 public:
  /// @param most  Bytes of all bodies together.
  explicit body_room(std::size_t most) : most_(most) {}

  /// The bytes of one body, taken until it is destroyed.
  class place {
   public:
    place(std::shared_ptr<body_room> in, entries::iterator at) noexcept : in_(std::move(in)), at_(at), of_(*at) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { in_->leave(at_, *of_); }
    /// The body was dropped for another one: exchange::body() says errc::connection_closed.
    bool is_dropped() const noexcept { return of_->is_dropped; }

   private:
    const std::shared_ptr<body_room> in_;
    const entries::iterator at_;  // as long as it is not dropped
    const std::shared_ptr<entry> of_;
  };

  /// @param bytes  That the body has at most.
  /// @param of     The request. If others need the place, exchange::drop_body() is called on it.
  /// @return null when there is no room for this body alone.
  std::unique_ptr<place> take(std::size_t bytes, const std::shared_ptr<exchange>& of);
  std::size_t used() const;

 private:
  void leave(entries::iterator at, const entry& one) noexcept;

  const std::size_t most_;
  mutable base::mutex mutex_;
  entries read_ COSIO_GUARDED_BY(mutex_);  // the oldest first
  std::size_t used_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::http
