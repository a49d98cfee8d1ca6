// The mark of a request that one server has passed on to another: who passed it on, for whom, and what it knows of the
// client. A code that only servers with the secret can make proves it.
//
//   x-cosio-forward: 2;<from>;<to>;<time>;<address of the client>;<http or https>;<HMAC-SHA-256 in hexadecimal digits>
//
// The code covers these, and the method and the target of the request: a mark that somebody has seen fits no other
// request, and it proves nothing when its time, in seconds since 1970, is too far from the clock. A request without a
// mark that is proven is one of a client, whatever it says.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::engine {

/// The claims of a mark. It points into the request.
struct forward_mark {
  unsigned from = 0;
  unsigned to = 0;
  std::string_view address;
  bool secure = false;
};

/// Seconds since 1970.
std::int64_t seconds_of_marks();

/// Makes and checks marks. Immutable: any thread.
class mark_keeper {
 public:
  using wall_clock = std::int64_t (*)();

  /// @param skew  The most seconds between the time of a mark and the clock.
  explicit mark_keeper(std::string secret, std::int64_t skew = 60, wall_clock clock = seconds_of_marks)
      : secret_(std::move(secret)), skew_(skew), clock_(clock) {}

  /// @param request  As the client has sent it: its address, behind proxies, is that of the request.
  std::string make(unsigned from, unsigned to, const http::request& request) const;

  struct reading {
    bool has_mark = false;  // whether there is such a header, true or forged
    std::optional<forward_mark> mark;
    /// A mark with the right code, whose time is too far from the clock: it was recorded, or a clock is wrong.
    std::optional<forward_mark> late;
    std::int64_t late_by = 0;  // seconds that its time is behind the clock; below 0: before it
  };
  /// @param room  Holds the value of a header that was sent in parts.
  reading read(const http::request& request, std::string& room) const;

 private:
  std::string code_of(std::string_view claims, const http::request& request) const;

  const std::string secret_;
  const std::int64_t skew_;
  const wall_clock clock_;
};

}  // namespace cosio::inline v0_2::engine
