// Another server of the same cluster, as a client of it: requests that are passed on, and their answers.
//
//   way out   engine/engine_forward -> node_client::ask() -> a connection to the other server (Beast)
//   way back  its answer -> node_answer -> http/connection; or, for an upgrade, its stream -> http/tunnel
//
// Connections are kept for later requests. Each has a strand of its own, and one request at a time. A server that
// cannot be reached is left alone for a second: requests fail at once meanwhile, and then one of them tries again.

#pragma once
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/runtime.hpp"
#include "async/stream.hpp"
#include "base/guarded.hpp"
#include "base/minute_line.hpp"
#include "http/node_link.hpp"
#include "http/node_terms.hpp"
#include "http/tunnel.hpp"

namespace cosio::inline v0_2::http {

/// The result of node_client::ask(): an answer, or a stream, or neither.
struct node_answer {
  response answer{503};                   // also without an answer of the server: 502, 503 or 504 with a sentence
  std::unique_ptr<async::stream> stream;  // the server has switched protocols
  std::string head;                       // then: the head of 101, and the bytes behind it
  std::shared_ptr<void> place;            // then: its place among the tunnels
};

/// One request on its way. Any thread.
class node_call final : public cuttable {
 public:
  /// The client has left, or the server closes: the connection to the other server is closed.
  void cut() noexcept override;

 private:
  friend class node_client;
  bool goes_by(const std::shared_ptr<node_link>& link);
  void is_over() noexcept;

  base::mutex mutex_;
  std::weak_ptr<node_link> link_ COSIO_GUARDED_BY(mutex_);
  bool cut_ COSIO_GUARDED_BY(mutex_) = false;
};

/// Any thread; guarded by its own mutex.
class node_client final : public std::enable_shared_from_this<node_client> {
 public:
  node_client(std::shared_ptr<async::runtime> runtime, unsigned number, node_address at, node_limits limits,
              std::shared_ptr<node_counts> counts);
  ~node_client();

  unsigned number() const noexcept { return number_; }
  const node_address& address() const noexcept { return address_; }

  /// Passes a request on.
  /// @param head  Of the request. Headers that are meant for one connection only are left out.
  /// @param mark  The value of forward_header.
  /// @param body  Of a POST.
  /// @param upgrade  Whether a change of protocols is asked for.
  /// @par Completes  with the whole answer, or with the reason why there is none. It does not throw for what the
  ///                 other server does.
  static task<std::shared_ptr<node_answer>> ask(std::shared_ptr<node_client> self, request head, std::string mark,
                                                std::string body, bool upgrade, std::shared_ptr<node_call> call);

  /// Closes the connections that are kept.
  void close_idle() noexcept;

 private:
  class pruning;
  struct counted;

  std::shared_ptr<node_link> take_link();
  std::shared_ptr<node_link> new_link();
  void give_back(std::shared_ptr<node_link> link);
  void prune() noexcept;
  bool may_connect();
  void tell_full();
  void tell_unanswered(const std::string& why);
  void connect_ended(bool connected, bool is_cut, const std::string& why);

  const std::shared_ptr<async::runtime> runtime_;  // first: the sockets below need it
  const unsigned number_;
  const node_address address_;
  const node_limits limits_;
  const std::shared_ptr<node_counts> counts_;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> tunnels_{0};
  base::minute_line full_;  // lines of the log
  base::minute_line unanswered_;

  mutable base::mutex mutex_;
  std::vector<std::shared_ptr<node_link>> idle_ COSIO_GUARDED_BY(mutex_);  // the latest at the end
  std::shared_ptr<pruning> pruning_ COSIO_GUARDED_BY(mutex_);              // set: it is armed
  bool is_down_ COSIO_GUARDED_BY(mutex_) = false;
  bool is_trying_ COSIO_GUARDED_BY(mutex_) = false;  // while it is down: one request tries
  async::time_point try_at_ COSIO_GUARDED_BY(mutex_){};
};

}  // namespace cosio::inline v0_2::http
