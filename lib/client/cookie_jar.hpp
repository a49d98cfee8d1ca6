// Cookies of one server, which are sent back to it: for load balancers that find a session's server by one.

#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/guarded.hpp"

namespace cosio::inline v0_2::clients {

/// It keeps name, value and time. Path, Domain and Secure are not looked at: there is one server, at one URL.
/// @par Threads  Any; guarded by a mutex.
class cookie_jar {
 public:
  using clock = std::chrono::system_clock;

  explicit cookie_jar(std::function<clock::time_point()> now = clock::now) : now_(std::move(now)) {}

  /// The value of a field Set-Cookie. What cannot be read or would be too much is left out whole.
  void take(std::string_view set_cookie) COSIO_EXCLUDES(mutex_);
  /// The value of the field Cookie; empty without cookies.
  std::string header() COSIO_EXCLUDES(mutex_);

  static constexpr std::size_t max_cookies = 50;
  static constexpr std::size_t max_bytes = 4'096;  ///< of a name and its value (RFC 6265, section 6.1)
  static constexpr std::size_t max_all_bytes = 8'192;

 private:
  struct cookie {
    std::string value;
    std::optional<clock::time_point> expires;
  };
  std::size_t bytes_without(const std::string& name) const COSIO_REQUIRES(mutex_);

  const std::function<clock::time_point()> now_;
  base::mutex mutex_;
  std::map<std::string, cookie> cookies_ COSIO_GUARDED_BY(mutex_);
};

/// A date of HTTP as in RFC 9110, section 5.6.7, or of Netscape, with dashes; nothing for another text.
std::optional<std::chrono::system_clock::time_point> read_http_date(std::string_view text);

}  // namespace cosio::inline v0_2::clients
