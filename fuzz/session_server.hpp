// The server that fuzz/session.cpp talks to, in one thread, with connections in memory and time that moves by hand. Its
// handlers do everything that clients ask for. Their records are checked when all clients have left.

#pragma once
#include <cosio/cosio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "async/memory_stream.hpp"
#include "async/suspension.hpp"
#include "http/app_state.hpp"
#include "support/visit.hpp"
#include "support/world.hpp"

namespace cosio::fuzz {

class session_server {
 public:
  static constexpr std::uint8_t with_recovery = 8;
  /// The bytes that the head and frames around one packet, or its answer, may take.
  static constexpr std::size_t around_packet = 256;

  /// @param choice  Its limits and options, a bit for each.
  explicit session_server(std::uint8_t choice);
  session_server(const session_server&) = delete;
  session_server& operator=(const session_server&) = delete;
  ~session_server();

  /// A connection to it. @param capacity  Bytes under way in each direction.
  std::unique_ptr<async::memory_stream> connect(std::size_t capacity);

  /// Runs everything that can run now: the server must come to rest.
  void settle();
  void advance(std::chrono::milliseconds time);

  // Actions of the application itself.
  void emit_to_all();
  void ask_all();
  void wake_one();
  void disconnect_all(bool close);

  /// Answers that handlers have given or will give, at most.
  std::size_t answers() const noexcept { return answers_; }
  /// The most bytes that may have left for what the application has sent, and for heartbeats.
  std::size_t sent() const noexcept;
  /// Checks the properties that hold at every step.
  void check_now() const;
  /// Checks the properties that hold when every client has left and time has passed.
  void check_nothing_is_left();
  /// Closes the server, which must end.
  void close();

 private:
  // One socket, as the application saw it.
  struct guest {
    std::weak_ptr<void> core;
    int left = 0;
    bool came_late = false;  // it had left when its handler was called
  };
  using visit = test::visit;

  void note_sent(std::size_t bytes, std::size_t receivers = 1) noexcept;
  void watch(const engine_session& s);
  void furnish(const cosio::nsp& n);
  void welcome(const cosio::socket& who);
  void listen(const cosio::socket& who);
  task<> nap();
  task<int> sleep(int n);
  task<> ask(cosio::socket whom);
  task<> ask_everybody();
  task<> tell_everybody();
  task<> send_everybody_away(bool close);
  void start(task<> work);

  cosio::options settings_;
  test::world world_;  // goes last: what waits in it keeps parts of the server
  std::shared_ptr<http::app::state> state_;
  std::unique_ptr<http::app> app_;
  std::unique_ptr<cosio::server> io_;
  std::deque<guest> guests_;
  std::vector<std::weak_ptr<engine::session>> sessions_;
  std::vector<std::shared_ptr<async::suspension>> sleepers_;
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);
  std::size_t answers_ = 0;
  std::size_t sent_ = 0;
  std::size_t sessions_ever_ = 0;
  std::size_t heartbeats_ = 0;
};

}  // namespace cosio::fuzz
