// Where a server is mounted: its io_context, the engine whose sessions become its clients, and the application whose
// port it answers on.
//
// All of it may move until the server is attached. Afterwards only bind() may replace the engine.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "async/runtime.hpp"
#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "engine/engine.hpp"

namespace cosio::inline v0_2::socketio {

/// Any thread; guarded by its own mutex.
class mounting {
 public:
  using engine_ptr = std::shared_ptr<engine::engine_core>;

  mounting(std::shared_ptr<async::runtime> runtime, engine_ptr engine) noexcept;

  std::shared_ptr<async::runtime> runtime() const;
  /// The deadlines of that runtime.
  async::deadlines& timers() const noexcept;
  engine_ptr engine() const;
  /// All engines that were ever this server's; the present one is the last.
  std::vector<engine_ptr> engines() const;
  /// The sum of a counter over all of them.
  std::uint64_t counted(base::counter what) const;
  /// The application whose port belongs to this server, if there is one.
  std::optional<http::app> own_app() const;

  bool attached() const;
  /// @return false when it was attached already.
  bool attach();
  void own(http::app app);
  /// @return the application that belonged to this server. It is destroyed last: the server may live in it.
  [[nodiscard]] std::optional<http::app> disown();
  /// The server runs elsewhere from now on, and owns no port. Before it is attached. @return as disown().
  [[nodiscard]] std::optional<http::app> move_to(std::shared_ptr<async::runtime> runtime);

  /// The result of bind(). `moved`: the server runs on the engine's io_context now; `before` is as disown() returns it.
  struct bound {
    bool moved = false;
    std::optional<http::app> before;
  };
  /// The sessions of this engine become clients from now on.
  /// @throws error errc::not_supported when the engine runs on another io_context, and the server cannot move there.
  bound bind(const engine_ptr& engine);

 private:
  mutable base::mutex mutex_;
  std::shared_ptr<async::runtime> runtime_ COSIO_GUARDED_BY(mutex_);
  engine_ptr engine_ COSIO_GUARDED_BY(mutex_);
  std::vector<engine_ptr> others_ COSIO_GUARDED_BY(mutex_);  // engines that bind() has replaced
  std::optional<http::app> app_ COSIO_GUARDED_BY(mutex_);
  bool attached_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::inline v0_2::socketio
