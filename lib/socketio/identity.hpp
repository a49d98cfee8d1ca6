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
  std::shared_ptr<const boost::json::value> answer() const noexcept { return asked_ ? asked_->answer : nullptr; }
  /// The strand is gone: coroutines that wait are destroyed.
  void forsake() noexcept;

 private:
  struct asked {
    std::shared_ptr<const boost::json::value> answer;
    std::unique_ptr<async::suspensions> waiting;  // while the application is asked
  };
  std::unique_ptr<asked> asked_;  // null until the application is asked: most never are
};

}  // namespace cosio::inline v0_2::socketio
