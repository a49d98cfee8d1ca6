// The parts of a session that only some applications use: listeners beside its handler, and data.
//
//   way in    engine_session::on_close(), on_packet(), data() … -> session::make_extras()
//   way out   session -> listeners, on its strand
//
// Most sessions have none of this: it is made when first asked for, and lives as long as its session.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/engine.hpp>
#include <cosio/http.hpp>
#include <cosio/reason.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::engine {

/// Functions of the application that are called in their order. One of them may add more, and may end the session.
/// On the session's strand.
template <class... Args>
class listener_chain {
 public:
  void add(std::function<void(Args...)> listener) {
    if (listener) all_.push_back(std::make_shared<const std::function<void(Args...)>>(std::move(listener)));
  }
  bool empty() const noexcept { return all_.empty(); }
  /// Calls all of them. Their exceptions are logged.
  void call(const Args&... args) const {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto one = all_[i];
      base::guarded("engine", [&] { (*one)(args...); });
    }
  }

 private:
  std::vector<std::shared_ptr<const std::function<void(Args...)>>> all_;
};

struct session_extras {
  struct listeners {
    listener_chain<> upgrade;
    listener_chain<reason> close;
    listener_chain<session_packet> packet;
    listener_chain<session_packet> packet_create;
    listener_chain<> heartbeat;
  };

  // On the session's strand.
  listeners on;
  http::request upgrade_request;  // of the WebSocket; empty without a listener for the upgrade

  // Any thread.
  std::atomic<bool> tells_created{false};  // there are listeners for packet_create
  mutable base::small_mutex mutex;
  boost::json::value data COSIO_GUARDED_BY(mutex) = boost::json::object();
};

}  // namespace cosio::inline v0_2::engine
