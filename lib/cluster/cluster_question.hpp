// A request to the other servers of a cluster, and what they have answered so far.
//
//   way in    cluster_adapter::on_message() -> received(); the acknowledgements of this server's clients -> answered()
//   way out   cluster_question::wait() returns when all is there, or when the time is over

#pragma once
#include <cosio/cluster.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "cluster/answer_room.hpp"
#include "cluster/awaited_servers.hpp"

namespace cosio::inline v0_2::cluster {

/// @par Threads  Any; guarded by its own mutex. One coroutine waits.
class cluster_question final : public answer_sink {
 public:
  /// It is not over before expect() was called.
  /// @param all  What the adapter's questions keep together.
  explicit cluster_question(std::shared_ptr<answer_total> all) : servers_(1), room_(std::move(all)) {}

  /// The servers that will answer; before the request is sent.
  void expect(awaited_servers servers);
  bool waits_for_servers() const;

  /// An answer of another server. Other messages are ignored.
  void received(cluster_message&& answer);
  /// A server has gone: what only waited for it is over.
  void server_left(std::string_view uid);
  /// The request could not be sent: no server will answer, and it is over.
  void failed(std::string problem);

  /// The clients of this server that were asked. Each of them calls one of the two functions below.
  void expect_own(std::size_t clients);
  void answered(arguments answer) override;
  void gone() override;
  bool keeps() const noexcept override { return true; }

  /// Waits for the end. @throws boost::system::system_error operation_aborted when the coroutine was cancelled.
  static task<> wait(std::shared_ptr<cluster_question> self, async::deadlines& timers, async::time_point until);

  /// The reason why the request could not be sent; empty: it was.
  std::string problem() const;
  /// For questions to servers: their answers, and the servers that are missing.
  partial<std::vector<arguments>> take_answers();
  partial<std::vector<socket_descriptor>> take_sockets();
  /// For questions to clients: their answers, and how many are missing.
  partial<std::vector<arguments>> take_acknowledgements();

 private:
  struct asked_server {
    bool is_counted = false;       // it has said how many clients it asked
    std::uint64_t clients = 0;     // the number that it has said
    std::uint64_t answered = 0;    // of them
    std::vector<arguments> early;  // acknowledgements that came before that number
  };

  void suspended(const std::weak_ptr<async::suspension>& waiting);
  bool is_over() const;
  bool all_there() const noexcept COSIO_REQUIRES(mutex_) {
    return !problem_.empty() || (servers_.is_over() && ended_ >= expected_);
  }
  std::shared_ptr<async::suspension> if_over() const COSIO_REQUIRES(mutex_) {
    return all_there() ? waiting_.lock() : nullptr;
  }
  bool has_room(std::size_t values, std::size_t bytes) COSIO_REQUIRES(mutex_);
  void take(cluster_message&& answer) COSIO_REQUIRES(mutex_);
  void take_answer(cluster_message&& answer) COSIO_REQUIRES(mutex_);
  void take_count(asked_server& from, std::uint64_t clients) COSIO_REQUIRES(mutex_);
  void take_acknowledgement(cluster_message&& answer) COSIO_REQUIRES(mutex_);

  mutable base::mutex mutex_;
  awaited_servers servers_ COSIO_GUARDED_BY(mutex_);
  base::text_map<asked_server> clients_of_ COSIO_GUARDED_BY(mutex_);
  std::vector<arguments> values_ COSIO_GUARDED_BY(mutex_);
  std::vector<socket_descriptor> sockets_ COSIO_GUARDED_BY(mutex_);
  std::weak_ptr<async::suspension> waiting_ COSIO_GUARDED_BY(mutex_);
  std::string problem_ COSIO_GUARDED_BY(mutex_);
  answer_room room_ COSIO_GUARDED_BY(mutex_);
  std::size_t early_ COSIO_GUARDED_BY(mutex_) = 0;       // acknowledgements that wait for a number of clients
  std::uint64_t expected_ COSIO_GUARDED_BY(mutex_) = 0;  // acknowledgements of clients
  std::uint64_t ended_ COSIO_GUARDED_BY(mutex_) = 0;     // of them, come or given up
};

}  // namespace cosio::inline v0_2::cluster
