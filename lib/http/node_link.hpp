// One connection to another server of the cluster: HTTP/1.1, one request at a time. Beast reads and writes it.
//
//   way in    http/node_client -> node_link::ask() on the strand of the link

#pragma once
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "async/runtime.hpp"
#include "async/stream.hpp"
#include "http/node_terms.hpp"

namespace cosio::inline v0_2::http {

/// A request for another server.
struct link_request {
  request head;
  std::string mark;  // value of forward_header
  std::string body;
  bool upgrade = false;
};

/// How a request has ended.
struct link_result {
  enum class ending { answered, switched, unreachable, timed_out, broken, too_large, no_room };
  ending how = ending::broken;
  std::string why;                        // for the log, unless answered
  response answer;                        // answered
  bool keep = false;                      // the connection may be used again
  std::unique_ptr<async::stream> stream;  // switched; `head` has the head of 101, and the bytes behind it
  std::string head;
};

/// @par Threads  On its strand, except cut(), is_fresh() and the destructor: those of a link without a request, on any.
class node_link final : public std::enable_shared_from_this<node_link> {
 public:
  node_link(std::shared_ptr<async::runtime> runtime, node_limits limits, std::shared_ptr<node_counts> counts);
  ~node_link();

  const async::strand& strand() const noexcept { return strand_; }
  bool connected() const noexcept { return connected_; }

  /// @return whether there is a connection. Else `out` has the reason.
  static task<bool> connect(std::shared_ptr<node_link> self, node_address to, std::shared_ptr<link_result> out);
  static task<> ask(std::shared_ptr<node_link> self, link_request asked, std::shared_ptr<link_result> out);

  /// Closes the connection, and lets the request under way fail. Any thread.
  void cut() noexcept;
  bool is_cut() const noexcept { return cut_; }

  /// Whether it can be used again: the other side has neither closed it nor sent something.
  bool is_fresh() const noexcept;
  void idle_since(async::time_point when) noexcept { idle_since_ = when; }
  async::time_point idle_since() const noexcept { return idle_since_; }

 private:
  struct wire;

  static task<> read_answer(std::shared_ptr<node_link> self, std::shared_ptr<link_result> out,
                            std::chrono::milliseconds time, bool may_switch);
  void switch_protocols(link_result& out);

  const std::shared_ptr<async::runtime> runtime_;
  const async::strand strand_;
  const node_limits limits_;
  const std::shared_ptr<node_counts> counts_;
  std::unique_ptr<wire> wire_;
  bool connected_ = false;
  std::atomic<bool> cut_{false};
  async::time_point idle_since_{};
};

}  // namespace cosio::inline v0_2::http
