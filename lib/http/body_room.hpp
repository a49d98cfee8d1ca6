// Room for bodies that are read before it is known whether they are worth it: a signature is checked with the body, so
// anybody who knows the name of a key can have one read.
//
//   begin() -> exchange::watch_body() -> connection: bytes of the body come -> place::came()
//           -> the place is given back when the body is worth it, or the request is refused
//           -> no room for more bytes: the bodies whose first byte came first are dropped
//
// Bytes count when they have come. A head that announces a long body takes no room, and a request of whose body nothing
// has come is never dropped: there is nothing to win by it. To have a body dropped, others must send as many bytes as
// there is room, in the time between its first byte and its last one. Bodies that come in one piece have no such time.

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
    explicit entry(std::weak_ptr<exchange> whose) : of(std::move(whose)) {}
    const std::weak_ptr<exchange> of;
    std::size_t bytes = 0;  // with the mutex of the room
    std::atomic<bool> is_dropped{false};
  };
  using entries = std::list<std::shared_ptr<entry>>;

 public:
  /// @param most  Bytes of all bodies together.
  explicit body_room(std::size_t most) : most_(most) {}

  /// The bytes of one body that have come, taken until it is destroyed.
  class place final : public body_watch {
   public:
    place(std::shared_ptr<body_room> in, entries mine) noexcept
        : in_(std::move(in)), waiting_(std::move(mine)), at_(waiting_.begin()), of_(*at_) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() override { in_->leave(at_, *of_); }
    bool came(std::size_t bytes) override;
    /// The body was dropped for others: exchange::body() says errc::connection_closed, unless the whole body had come.
    bool is_dropped() const noexcept { return of_->is_dropped; }

   private:
    const std::shared_ptr<body_room> in_;
    entries waiting_;             // the entry, until bytes come
    const entries::iterator at_;  // as long as it is not dropped
    const std::shared_ptr<entry> of_;
  };

  /// Watches the body of a request, which exchange::body() is about to read.
  std::shared_ptr<place> begin(const std::shared_ptr<exchange>& of);
  std::size_t used() const;

 private:
  void grow(entries& from, entry& by, std::size_t bytes);
  void leave(entries::iterator at, const entry& one) noexcept;

  const std::size_t most_;
  mutable base::mutex mutex_;
  entries read_ COSIO_GUARDED_BY(mutex_);  // those that have bytes, by the time of their first one
  std::size_t used_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::http
