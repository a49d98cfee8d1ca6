// One HTTP connection: requests in, answers out in the same order, and over to the engine with an upgrade.
//
//   way in    http/listener -> connection -> http/router -> service
//   way out   service -> connection -> http/outgoing -> stream
//
// A request is answered before the next one is read. Requests that a service may hold are an exception: the connection
// reads on behind them.

#pragma once
#include <cosio/http.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/gate.hpp"
#include "async/runtime.hpp"
#include "http/buffered_stream.hpp"
#include "http/connection_set.hpp"
#include "http/request_parser.hpp"
#include "http/router.hpp"
#include "http/service.hpp"

namespace cosio::inline v0_2::http {

/// The data that all connections of an application share. Any thread: each part guards itself.
struct connection_context {
  connection_context(app_options o, std::shared_ptr<async::runtime> r)
      : options(std::move(o)), runtime(std::move(r)), routes(options.max_body) {
    validate(options);
  }

  const app_options options;
  // Connections wait in the io_context of this runtime and own this object: a cycle, which app::state breaks.
  const std::shared_ptr<async::runtime> runtime;
  router routes;
  connection_set open;
  std::atomic<std::uint64_t> refused{0};  // connections above max_connections
  // Each TCP connection has a pass until it closes, those that left HTTP included.
  const std::shared_ptr<async::gate> accepted = std::make_shared<async::gate>();
  // Each connection has a pass until it has an answer, has left HTTP, or waits for what a service holds.
  const std::shared_ptr<async::gate> unanswered = std::make_shared<async::gate>();
};

/// @par Threads  On its strand, except start() and close_when_idle(): any thread.
class connection final : public buffered_stream, public connection_set::member {
 public:
  /// Serves the stream on a strand until one side closes it or it leaves HTTP. Any thread.
  /// @param read_before  The bytes that somebody has read from it already.
  static void start(std::unique_ptr<async::stream> stream, const async::strand& on,
                    std::shared_ptr<connection_context> shared, std::string read_before = {});

  connection(std::unique_ptr<async::stream> stream, const async::strand& on,
             std::shared_ptr<connection_context> shared);
  ~connection() override;

  void close_when_idle() noexcept override;
  void cut() noexcept override;

  /// One answer that the client waits for. Their order is the order of the requests.
  struct due_answer {
    framing_rules rules;
    std::optional<response> answer;
    std::string_view fields;         // more lines of its head, which live for ever
    std::function<void()> on_abort;  // called when the connection ends before the answer
    bool aborted = false;            // nobody waits for it any more
    bool in_turn = false;            // a service has taken the request, and the next one is read behind the answer
  };

 private:
  class body_reading;
  class connection_exchange;
  friend class connection_exchange;

  static task<> run(std::shared_ptr<connection> self);
  void is_answered() noexcept { const auto gone = std::exchange(unanswered_, async::gate::pass()); }
  task<> serve();
  task<> drain();

  /// The next step of the loop.
  enum class step {
    request,  // a head is complete
    listen,   // for more bytes
    wait,     // for a change: answers must be sent before more is read
    end,      // there will be no further request
  };
  step find_head();
  bool awaits_turn() const noexcept;
  bool holds_file() const noexcept;
  step wait_for_file() const noexcept;
  bool is_upgrade();
  bool take_arrival(arrival what);
  void plan_deadline();
  bool is_taken(service& owner, const std::shared_ptr<connection_exchange>& x);
  task<bool> handle_request(std::shared_ptr<service> owner, std::shared_ptr<connection_exchange> x);
  task<> handle_upgrade(request head);
  task<> keep_unanswered();
  bool complete_in_turn(const std::shared_ptr<due_answer>& due, response answer);
  void answer_beside(std::shared_ptr<service> owner, std::shared_ptr<connection_exchange> x);
  void look_again();

  task<bool> keep_body(std::shared_ptr<connection_exchange> x);
  std::optional<result<std::string>> body_at_hand(const std::shared_ptr<due_answer>& of, std::size_t max_bytes);
  task<result<std::string>> read_body(std::shared_ptr<due_answer> of, std::size_t max_bytes,
                                      std::weak_ptr<body_watch> watch);
  void permit_body(const std::shared_ptr<due_answer>& of);
  bool rest_is_small();
  task<bool> skip_body();
  async::time_point begin_body();
  task<arrival> more_of_body(async::time_point end);

  /// The parser of the request that is being read or answered. There must be one.
  request_parser& parser();
  request take_request();
  std::shared_ptr<connection_exchange> begin_exchange(request head);
  std::shared_ptr<due_answer> expect_answer(const request& head);
  void refuse(unsigned status);
  void complete(const std::shared_ptr<due_answer>& due, response answer);
  void send_answers();
  void abort_answers_from(std::size_t first) noexcept;
  void on_peer_gone() override;
  void on_poked() override;
  upgraded_stream give_stream_away();

  const std::shared_ptr<connection_context> shared_;
  async::gate::pass unanswered_;
  std::optional<request_parser> parser_;
  std::optional<std::string> address_;  // the peer's, from the first request on
  std::vector<std::shared_ptr<due_answer>> due_;
  std::shared_ptr<due_answer> reading_;  // the answer to the request whose body may be read
  std::shared_ptr<due_answer> body_of_;  // the same, while read_body() waits for it; null once nobody needs the body
  bool permitted_ = false;               // 100 Continue was sent for reading_
  bool first_ = true;                    // no request has come yet
  bool last_ = false;                    // the answer that closes the connection is in out()
  bool closing_ = false;
  std::atomic<bool> cut_{false};
  bool listening_ = false;                                     // the loop sleeps until bytes come
  enum class limit { none, head, idle } limit_ = limit::none;  // meaning of the read deadline, while a head is awaited
};

}  // namespace cosio::inline v0_2::http
