// The identity of a client: the first CONNECT asks the application for it, once (server::identify_with).
//
// On the client's strand.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <memory>

#include "async/suspensions.hpp"
#include "socketio/client_host.hpp"

namespace cosio::inline v0_2::socketio {

class identity {
 public:
  /// Asks the application, unless it has answered. A CONNECT that comes meanwhile waits for the answer.
  /// @throws the exception of the application: the CONNECT that asked is refused, and the next one asks again.
  static task<> ask(std::shared_ptr<identity> self, std::shared_ptr<client_host> host, http::request request);
  /// The answer; null when there is none.
  const std::shared_ptr<const boost::json::value>& answer() const noexcept { return answer_; }
  /// The strand is gone: coroutines that wait are destroyed.
  void forsake() noexcept;

 private:
  std::shared_ptr<const boost::json::value> answer_;
  std::unique_ptr<async::suspensions> waiting_;  // while the application is asked
};

}  // namespace cosio::inline v0_2::socketio
