// Logins of the dashboard: the middleware of its namespace asks here.
//
//   CONNECT {sessionId} that is known                 -> let in
//   CONNECT {username, password} that are right       -> let in, and told of its new session
//   anything else                                     -> "invalid credentials", the words that the page knows
//
// bcrypt takes its time on purpose: one thread of its own computes it, for one attempt of a client address at a time.

#pragma once
#include <boost/asio/thread_pool.hpp>

#include <cosio/admin.hpp>
#include <cosio/socket.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "base/token_bucket.hpp"

namespace cosio::inline v0_2::admin {

/// Owned by a shared_ptr.
/// @par Threads  Any; guarded by its own mutex.
class login : public std::enable_shared_from_this<login> {
 public:
  /// @param of  Checked before.
  explicit login(const admin_options& of);

  /// Decides about one client.
  /// @return the session to tell it of, when it is let in; empty when it has one.
  /// @throws refusal when it is not let in.
  /// @par Strand  The client's.
  static task<std::string> check(std::shared_ptr<login> self, socket who, async::time_point now);

 private:
  struct attempts {
    explicit attempts(double burst, async::time_point now) : tokens(burst, now) {}
    base::token_bucket tokens;
    bool is_running = false;
  };
  class running;

  bool asks_nobody() const noexcept { return opts_.open_to_everybody; }
  static task<bool> is_known(std::shared_ptr<login> self, std::string session_id, async::time_point now);
  static task<bool> is_right(std::shared_ptr<login> self, std::string username, std::string password);
  static task<std::string> new_session(std::shared_ptr<login> self, async::time_point now);
  bool remembers(const std::string& session_id, async::time_point now) const;
  void remember(const std::string& session_id, async::time_point now);
  void begin_attempt(const std::string& address, async::time_point now);
  void end_attempt(const std::string& address) noexcept;
  boost::asio::thread_pool& worker();

  const admin_options opts_;
  mutable base::mutex mutex_;
  base::text_map<async::time_point> sessions_ COSIO_GUARDED_BY(mutex_);  // until when
  std::deque<std::string> oldest_ COSIO_GUARDED_BY(mutex_);              // their ids
  base::text_map<attempts> attempts_ COSIO_GUARDED_BY(mutex_);           // by address
  std::size_t running_ COSIO_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<boost::asio::thread_pool> worker_ COSIO_GUARDED_BY(mutex_);  // made on first use
};

/// @throws error for options of a login that cannot be meant; see admin_feed.
void check_login(const admin_options& of);

}  // namespace cosio::inline v0_2::admin
