// Two connections that carry each other's bytes: a WebSocket of a client whose session is on another server.
//
//   way in    engine/engine_forward -> tunnel::start() -> client's stream <-> the other server's stream
//
// An idle tunnel holds no buffer. Bytes that one side does not take are kept, at most one piece of them; until they
// have left, nothing more is read from the other side, and TCP slows that down. The end of one direction is passed on
// as such, and the other one has ten seconds more. The tunnel also ends when one side breaks, or when no byte has moved
// for a time.

#pragma once
#include <boost/system/error_code.hpp>

#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/posted_deadline.hpp"
#include "async/strand.hpp"
#include "async/stream.hpp"

namespace cosio::inline v0_2::http {

/// Something under way that can be ended from outside.
class cuttable {
 public:
  virtual ~cuttable() = default;
  /// Any thread; idempotent.
  virtual void cut() noexcept = 0;
};

/// @par Threads  On its strand, except cut() and start().
class tunnel final : public cuttable, public std::enable_shared_from_this<tunnel> {
 public:
  /// Bytes of one piece: so much is read at once, and kept at most for each direction.
  static constexpr std::size_t piece = 16 * 1024;

  struct side {
    std::unique_ptr<async::stream> stream;
    std::string first;  // bytes for it that go before all others
  };

  /// @param idle   The time without a byte in both directions, after which the tunnel ends.
  /// @param ended  Is called once, with the number of bytes that were carried, and destroyed.
  static std::shared_ptr<tunnel> start(const async::strand& on, std::shared_ptr<async::deadlines> timers, side client,
                                       side server, std::chrono::milliseconds idle,
                                       std::function<void(std::uint64_t)> ended);

  tunnel(async::strand on, std::shared_ptr<async::deadlines> timers, std::unique_ptr<async::stream> client,
         std::unique_ptr<async::stream> server, std::chrono::milliseconds idle,
         std::function<void(std::uint64_t)> ended);
  ~tunnel() override;

  void cut() noexcept override;
  /// Keeps something until the end of the tunnel.
  void keep(std::shared_ptr<void> what) noexcept {
    if (!ended_) kept_ = std::move(what);
  }
  const async::strand& strand() const noexcept { return strand_; }

 private:
  static task<> pump(std::shared_ptr<tunnel> self, async::stream* from, async::stream* to, std::string first);
  boost::system::error_code move_some(async::stream& from, async::stream& to, std::string& rest) noexcept;
  void end_direction(async::stream& to, boost::system::error_code why) noexcept;
  void end() noexcept;
  void on_time();
  using alarm = async::posted_deadline<tunnel, &tunnel::on_time>;

  const async::strand strand_;
  const std::shared_ptr<async::deadlines> timers_;
  const std::unique_ptr<async::stream> client_;
  const std::unique_ptr<async::stream> server_;
  const std::chrono::milliseconds idle_;
  std::function<void(std::uint64_t)> told_;
  std::shared_ptr<void> kept_;
  std::uint64_t bytes_ = 0;
  bool moved_ = false;  // since the alarm was set
  int directions_ = 2;
  bool ended_ = false;
  alarm alarm_;
};

}  // namespace cosio::inline v0_2::http
