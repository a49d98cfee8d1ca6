// The end of the process: on a signal, or when a client asks for it.

#pragma once
#include <boost/asio/signal_set.hpp>
#include <cosio/cosio.hpp>

#include <atomic>
#include <chrono>

namespace conformance {

/// Closes both servers and the port, then lets app.run() return. Whatever clients do, that takes less than two seconds,
/// and the spread. A port that other processes serve as well is closed first.
///
/// @par Threads  Any.
class shutdown {
 public:
  /// From now on SIGINT and SIGTERM do not kill.
  shutdown(cosio::http::app app, cosio::server io, cosio::engine_server raw, std::chrono::milliseconds spread);

  /// Begins on SIGINT and SIGTERM, also on one that came already.
  void on_signals();
  /// Begins now and returns at once; a second call does nothing.
  void begin();

 private:
  cosio::task<> await_signal();
  static cosio::task<> close_everything(cosio::http::app app, cosio::server io, cosio::engine_server raw,
                                        std::chrono::milliseconds spread);
  static cosio::task<> stop_after(cosio::http::app app, std::chrono::milliseconds time);

  cosio::http::app app_;
  cosio::server io_;
  cosio::engine_server raw_;
  const std::chrono::milliseconds spread_;
  boost::asio::signal_set signals_;
  std::atomic<bool> begun_ = false;
};

}  // namespace conformance
