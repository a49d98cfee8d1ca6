// The world of a test: a server and its clients in one thread, in memory, with a clock and a seed.
//
// Nothing happens by itself. The functions that wait for something run what is ready, the server's handlers and the
// clients, in an order that the seed decides; the others queue work for them. Time stands still while anything is
// ready. It moves by advance(), by sleep(), and while a coroutine of run() waits and nothing is ready.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/http.hpp>
#include <cosio/log.hpp>
#include <cosio/options.hpp>
#include <cosio/server.hpp>
#include <cosio/task.hpp>
#include <cosio/test/client.hpp>
#include <cosio/test/client_options.hpp>
#include <cosio/test/failure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio::test::inline v0_2 {

namespace kit {
class world_core;
}

/// The settings of a world.
class world_options {
 public:
  world_options() {}

  /// Decides the order of handlers, the pieces in which bytes travel, and the ids. The same seed means the same run. Not
  /// set: the number in the environment variable COSIO_TEST_SEED, or 1.
  std::optional<std::uint64_t> seed;
  /// How much of the world's time a coroutine of run() may wait while nothing is ready; likewise ask(), take() and the
  /// expectations. It costs no real time.
  std::chrono::milliseconds patience{60'000};
  /// How much real time they may wait, in addition, for timers and sockets of the system: those of Asio, a database. 0:
  /// not at all, and the test is the same every time. Worlds with such waits are not.
  std::chrono::milliseconds real_time{0};
  /// How many bytes a connection holds in each direction. Small ones meet a slow reader's limits sooner.
  std::size_t pipe_bytes = 64 * 1024;
  /// Whether lines of the log of level warn and error are written to stderr, too. All lines are in log().
  bool print_log = false;
  /// How many lines of the wire a failure shows.
  std::size_t wire_lines = 30;
};

/// A line of the library's log.
struct log_line {
  log_level level = log_level::debug;
  /// See log_sink.
  std::string component;
  std::string message;
};

/// An answer to world::request().
struct http_answer {
  unsigned status = 0;
  /// By name and value, as spelled, in their order.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of a header, found without regard to case; empty when it is absent.
  std::string header(std::string_view name) const;
};

/// A world.
///
/// Declare it before servers and clients, so that it outlives them. There is one at a time in a process, because the log
/// is the whole process's; tests of one process run one after the other in all frameworks.
/// @par Threads  One: the one that made it.
class world {
 public:
  world();
  /// @throws failure when there is another world.
  explicit world(world_options how);
  /// With a seed of its own.
  explicit world(std::uint64_t seed);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  /// Ends all connections and the server. No handler runs any more, since what it refers to in the test may have gone;
  /// coroutines that wait are destroyed.
  ~world();
  /// Ends all connections, runs the server's handlers to their ends, and closes the servers: for tests of what happens
  /// then. @throws failure when they do not end.
  void close();

  // ---------------------------------------------------------------- the server

  /// A server of this world. It has no port: run(), listen() and stop() are for servers with one, and throw. Its port,
  /// host, TLS and threads do not matter. A second server needs another path.
  /// @throws error as the constructor of cosio::server does.
  cosio::server server(const cosio::options& opts);
  /// The same with the default options.
  cosio::server server();
  /// The application that the servers share, for routes of HTTP.
  http::app& app();
  /// The executor of the world, for co_spawn().
  boost::asio::any_io_executor executor() const;

  // ---------------------------------------------------------------- clients

  /// A client that is connected, and has been let in. Runs the world until it is there.
  /// @param auth  The credentials that middleware finds in handshake().auth; for clients of Engine.IO 3, which have none,
  ///              the members of the object are added to the query.
  /// @throws refused when the server does not let it in; failure when there is no answer, or no server.
  test::client client(std::string_view nsp = "/", boost::json::value auth = nullptr,
                      client_options how = client_options());
  /// The same with "/" and no credentials.
  test::client client(client_options how);
  /// A client that the server must not let in. @return what it was told, as an exception that is not thrown.
  /// @throws failure when it is let in.
  refused refusal(std::string_view nsp = "/", boost::json::value auth = nullptr, client_options how = client_options());
  /// One request of HTTP, and its answer.
  /// @param headers  By name and value.
  http_answer request(std::string_view method, std::string_view target, std::string_view body = "",
                      const std::vector<std::pair<std::string, std::string>>& headers = {});

  // ---------------------------------------------------------------- time

  /// Runs what is ready, until nothing is.
  void settle();
  /// Lets time pass, and runs what becomes ready, in the order in which it does.
  void advance(std::chrono::milliseconds time);
  /// How much time has passed in this world.
  std::chrono::milliseconds now() const;
  /// Waits in a coroutine for so much of the world's time.
  /// @par Cancellation  The wait ends.
  cosio::task<> sleep(std::chrono::milliseconds time);

  /// Runs a coroutine to its end, and gives its result; throws what it throws.
  /// @throws failure when it waits, and nothing is ready for world_options::patience. It names who waits for what. The
  ///         coroutine is cancelled then.
  template <class T>
  T run(cosio::task<T> work) {
    if constexpr (std::is_void_v<T>) {
      finish(std::move(work));
    } else {
      const auto result = std::make_shared<std::optional<T>>();
      finish(keep<T>(std::move(work), result));
      return std::move(**result);
    }
  }
  /// The same for a function that returns a task: `w.run([&]() -> cosio::task<> { … })`.
  template <class F>
    requires std::is_invocable_v<F&>
  auto run(F&& work) {
    return run(work());
  }

  // ---------------------------------------------------------------- what has happened

  /// The seed.
  std::uint64_t seed() const;
  /// The words of clients and server, a line each: time, client, direction, packet. Ids are the same in every run of a
  /// seed; offsets of connection state recovery are numbered. At most the last 100,000 lines.
  const std::vector<std::string>& wire() const;
  /// The same as one text: two runs of one seed have the same.
  std::string trace() const;
  /// The lines of the library's log, at all levels.
  const std::vector<log_line>& log() const;
  /// How many lines of the log have this level and contain this text.
  std::size_t logged(log_level level, std::string_view text = "") const;
  /// @throws failure with this sentence, and with the wire, unless `holds`.
  void require(bool holds, std::string_view sentence);

 private:
  template <class T>
  static cosio::task<> keep(cosio::task<T> work, std::shared_ptr<std::optional<T>> to) {
    auto value = co_await std::move(work);
    to->emplace(std::move(value));
  }
  void finish(cosio::task<> work);

  std::shared_ptr<kit::world_core> core_;
};

}  // namespace cosio::test::inline v0_2
