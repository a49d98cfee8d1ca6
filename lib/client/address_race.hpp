// Connecting to the first address of several that answers (RFC 8305): the next one is tried when the one before has
// failed, or has not answered in a quarter of a second.

#pragma once
#include <boost/asio/ip/tcp.hpp>

#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "async/deadlines.hpp"
#include "async/strand.hpp"
#include "async/suspension.hpp"
#include "client/net_stream.hpp"

namespace cosio::inline v0_2::clients {

using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// In the order in which they are tried: the families take turns, and begin with that of the first. Many are cut off.
endpoints in_turns(const endpoints& resolved);

/// @par Threads  On its strand.
class address_race final : public async::deadline, public std::enable_shared_from_this<address_race> {
 public:
  address_race(async::strand on, async::deadlines& timers, endpoints to, std::chrono::milliseconds delay);

  /// @param until  No address has answered by then: timed_out.
  /// @throws failure; boost::system::system_error operation_aborted behind cancel().
  static task<tcp_socket> run(std::shared_ptr<address_race> self, async::time_point until);
  void cancel() noexcept;

 private:
  void on_deadline() override;
  void start_next();
  void arrived(std::size_t which, boost::system::error_code ec);
  void end(boost::system::error_code ec) noexcept;

  const async::strand strand_;
  async::deadlines& timers_;
  const endpoints to_;
  const std::chrono::milliseconds delay_;
  std::vector<std::unique_ptr<tcp_socket>> sockets_;  // one for each that was tried
  std::size_t under_way_ = 0;
  std::optional<std::size_t> winner_;
  boost::system::error_code failed_;  // of the first that failed
  bool ended_ = false;
  std::weak_ptr<async::suspension> waiting_;
};

}  // namespace cosio::inline v0_2::clients
