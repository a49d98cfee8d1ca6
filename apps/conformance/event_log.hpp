// A log of the sockets that joined and left, with their rooms and reasons. The command `log` of /control shows it.

#pragma once
#include <boost/json/array.hpp>
#include <cosio/cosio.hpp>
#include <deque>
#include <mutex>
#include <string_view>

namespace conformance {

/// The last 1000 joins and ends, oldest first: `[id, what, reason or null, [rooms]]`.
///
/// @par Threads  Any, guarded by a mutex. Must outlive the namespaces that it watches.
class event_log {
 public:
  /// Records the sockets that join this namespace from now on.
  void watch(const cosio::nsp& where);

  boost::json::array entries() const;

 private:
  void record(const cosio::socket& who, std::string_view what, boost::json::value why);

  mutable std::mutex mutex_;
  std::deque<boost::json::value> entries_;
};

}  // namespace conformance
