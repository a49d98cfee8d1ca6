// Room for the bodies of requests whose sender is not proven yet: a signature is checked with the body, so anybody who
// knows the name of a key can have one read.
//
//   take() -> the body is read -> the place is given back when the signature fits, or the request is refused

#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace cosio::inline v0_2::api {

/// @par Threads  Any.
class body_room {
 public:
  /// @param most  Bytes of all bodies together.
  explicit body_room(std::size_t most) : used_(std::make_shared<std::atomic<std::size_t>>(0)), most_(most) {}

  /// The bytes of one body, taken until it is destroyed.
  class place {
   public:
    place(std::shared_ptr<std::atomic<std::size_t>> of, std::size_t bytes) noexcept
        : of_(std::move(of)), bytes_(bytes) {}
    place(place&&) noexcept = default;
    place& operator=(place&&) = delete;
    ~place() {
      if (of_) of_->fetch_sub(bytes_);
    }

   private:
    std::shared_ptr<std::atomic<std::size_t>> of_;
    std::size_t bytes_;
  };

  /// @return nothing when there is no room.
  std::optional<place> take(std::size_t bytes) {
    place mine(used_, bytes);  // gives them back in any case
    const std::size_t before = used_->fetch_add(bytes);
    if (bytes > most_ || before > most_ - bytes) return std::nullopt;
    return mine;
  }
  std::size_t used() const noexcept { return *used_; }

 private:
  const std::shared_ptr<std::atomic<std::size_t>> used_;
  const std::size_t most_;
};

}  // namespace cosio::inline v0_2::api
