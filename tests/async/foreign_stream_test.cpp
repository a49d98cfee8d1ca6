// A stream of the application's as a stream that never blocks.

#include "async/foreign_stream.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::async;
using namespace cosio::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::system::error_code;
using unix_socket = asio::local::stream_protocol::socket;

namespace {

struct ears final : stream_listener {
  void on_readable(error_code ec) override { readable.push_back(ec); }
  void on_writable(error_code ec) override { writable.push_back(ec); }
  void on_end(error_code ec) override { ended.push_back(ec); }
  std::vector<error_code> readable;
  std::vector<error_code> writable;
  std::vector<error_code> ended;
};

// An application's stream with faults: its operations end with an error, and whatever ends it throws.
struct faulty_stream {
  template <class Buffers, class Handler>
  void async_read_some(const Buffers&, Handler&& handler) {
    fail(std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers&, Handler&& handler) {
    fail(std::forward<Handler>(handler));
  }
  template <class Handler>
  void async_shutdown(Handler&&) {
    throw std::runtime_error("no goodbye");
  }
  static void close() { throw std::runtime_error("no close"); }
  template <class Handler>
  void fail(Handler&& handler) {
    const auto on = asio::get_associated_executor(handler);
    asio::post(on, [handler = std::forward<Handler>(handler), ec = error]() mutable { handler(ec, std::size_t{0}); });
  }

  error_code error;
};

// Owns the stream that it waits for.
struct owner final : stream_listener {
  void on_readable(error_code) override {}
  void on_writable(error_code) override {}
  std::unique_ptr<foreign_stream> stream;
};

// A stream of ours on a local socket, and the other end of that.
struct pair {
  pair() : peer(w.context()), gate(std::make_shared<async::gate>()), on(w.make_strand()) {
    unix_socket near(w.context());
    asio::local::connect_pair(near, peer);
    stream = make(http::any_stream(std::move(near), "192.0.2.7"));
  }
  std::unique_ptr<foreign_stream> make(http::any_stream of) {
    return std::make_unique<foreign_stream>(std::move(of), on, runtime, gate::pass(gate));
  }

  std::string read(error_code& ec) {
    std::array<char, 100> room;
    const std::size_t n = stream->read_some(room, ec);
    return {room.data(), n};
  }
  std::size_t write(std::string bytes, error_code& ec) {
    const iovec piece{bytes.data(), bytes.size()};
    return stream->write_some({&piece, 1}, ec);
  }
  // Fills every buffer on the way to the peer. @return how many bytes that took.
  std::size_t fill() {
    std::size_t sent = 0;
    error_code ec;
    while (!ec) {
      sent += write(std::string(10'000, 'x'), ec);
      w.settle();
    }
    return sent;
  }
  bool is_over() const { return gate->count() == 0; }

  world w;
  std::shared_ptr<async::runtime> runtime = w.take_runtime();
  unix_socket peer;
  std::shared_ptr<async::gate> gate;
  strand on;
  std::unique_ptr<foreign_stream> stream;
  std::shared_ptr<ears> ear = std::make_shared<ears>();
};

}  // namespace

TEST_CASE("bytes of an application's stream are told of once, and read in pieces", "[async][foreign_stream]") {
  pair p;
  error_code ec;
  CHECK(p.read(ec).empty());
  CHECK(ec == asio::error::would_block);
  p.stream->wait_readable(p.on, p.ear);
  p.w.settle();
  CHECK(p.ear->readable.empty());
  asio::write(p.peer, asio::buffer(std::string(150, 'a')));
  CHECK(p.w.run_until([&] { return !p.ear->readable.empty(); }));
  CHECK_FALSE(p.ear->readable[0]);
  ec = {};
  CHECK(p.read(ec).size() == 100);
  CHECK(p.read(ec).size() == 50);
  CHECK_FALSE(ec);
  CHECK(p.stream->remote_address() == "192.0.2.7");
  CHECK_FALSE(p.stream->secure());
}

TEST_CASE("the end of a peer is read behind its bytes, and told to a reader that pauses", "[async][foreign_stream]") {
  pair p;
  p.stream->wait_end(p.on, p.ear);
  p.peer.shutdown(unix_socket::shutdown_send);
  CHECK(p.w.run_until([&] { return !p.ear->ended.empty(); }));
  CHECK_FALSE(p.ear->ended[0]);
  error_code ec;
  CHECK(p.read(ec).empty());
  CHECK(ec == asio::error::eof);
  p.stream->wait_readable(p.on, p.ear);  // the end is told again, as that of a socket is
  p.w.settle();
  CHECK(p.ear->readable.size() == 1);
  ec = {};
  CHECK(p.write("still", ec) == 5);  // half closed: our direction is open
  p.w.settle();
  std::array<char, 5> room;
  CHECK(asio::read(p.peer, asio::buffer(room)) == 5);
}

TEST_CASE("a peer that does not read makes writes block, and is told of when it reads again",
          "[async][foreign_stream]") {
  pair p;
  const std::size_t sent = p.fill();
  error_code ec;
  CHECK(p.write("x", ec) == 0);
  CHECK(ec == asio::error::would_block);
  p.stream->wait_writable(p.on, p.ear);
  p.w.settle();
  CHECK(p.ear->writable.empty());
  std::size_t received = 0;
  p.peer.non_blocking(true);
  CHECK(p.w.run_until([&] {
    std::array<char, 10'000> room;
    error_code none;
    received += p.peer.read_some(asio::buffer(room), none);
    return received == sent;
  }));
  p.w.settle();
  CHECK(p.ear->writable.size() == 1);
  ec = {};
  CHECK(p.write("x", ec) == 1);
}

TEST_CASE("a closed stream still sends what was written, then ends", "[async][foreign_stream]") {
  pair p;
  error_code ec;
  CHECK(p.write("last words", ec) == 10);
  p.stream->close();
  CHECK(p.write("late", ec) == 0);
  CHECK(ec == asio::error::bad_descriptor);
  CHECK(p.w.run_until([&] { return p.is_over(); }));
  std::string received;
  error_code end;
  asio::read(p.peer, asio::dynamic_buffer(received), end);
  CHECK(received == "last words");
  CHECK(end == asio::error::eof);
}

TEST_CASE("a closed stream is cut when its peer does not take what was written", "[async][foreign_stream]") {
  pair p;
  p.fill();
  p.stream->close();
  p.w.advance(foreign_stream::linger_time - 1ms);
  CHECK_FALSE(p.is_over());
  p.w.advance(1ms);
  CHECK(p.is_over());
}

TEST_CASE("closing ends every wait", "[async][foreign_stream]") {
  pair p;
  p.fill();
  p.stream->wait_readable(p.on, p.ear);
  p.stream->wait_end(p.on, p.ear);
  p.stream->wait_writable(p.on, p.ear);
  p.stream->close();
  p.stream->close();
  p.w.settle();
  const std::vector<error_code> aborted{asio::error::operation_aborted};
  CHECK(p.ear->readable == aborted);
  CHECK(p.ear->ended == aborted);
  CHECK(p.ear->writable == aborted);
  p.stream->wait_readable(p.on, p.ear);
  p.w.settle();
  CHECK(p.ear->readable.size() == 2);
}

TEST_CASE("our direction may end while the peer's goes on", "[async][foreign_stream]") {
  pair p;
  error_code ec;
  p.write("bye", ec);
  p.stream->shutdown_send();
  CHECK(p.write("late", ec) == 0);
  CHECK(ec == asio::error::broken_pipe);
  p.w.settle();
  std::string received;
  error_code end;
  asio::read(p.peer, asio::dynamic_buffer(received), end);
  CHECK(received == "bye");
  p.stream->wait_readable(p.on, p.ear);
  asio::write(p.peer, asio::buffer("more", 4));
  CHECK(p.w.run_until([&] { return !p.ear->readable.empty(); }));
  ec = {};
  CHECK(p.read(ec) == "more");
  CHECK_FALSE(p.is_over());
}

TEST_CASE("a listener that owns its stream goes with the io_context", "[async][foreign_stream]") {
  std::weak_ptr<owner> gone;
  {
    pair p;
    const auto made = std::make_shared<owner>();
    gone = made;
    made->stream = std::move(p.stream);
    made->stream->wait_readable(p.on, made);
    p.w.settle();
  }
  CHECK(gone.expired());
}

TEST_CASE("the end of our io_context closes a stream that lives in another one", "[async][foreign_stream]") {
  asio::io_context theirs;
  unix_socket peer(theirs);
  const auto gate = std::make_shared<async::gate>();
  auto ours = std::make_shared<async::runtime>(1U);
  const std::weak_ptr<async::runtime> ours_gone = ours;
  std::weak_ptr<owner> owner_gone;
  {
    unix_socket near(theirs);
    asio::local::connect_pair(near, peer);
    const auto made = std::make_shared<owner>();
    owner_gone = made;
    const strand on = ours->make_strand();
    made->stream = std::make_unique<foreign_stream>(http::any_stream(std::move(near)), on, ours, gate::pass(gate));
    made->stream->wait_readable(on, made);
  }
  ours->context().poll();  // the read is under way, and its peer is silent
  REQUIRE(gate->count() == 1);
  REQUIRE_FALSE(owner_gone.expired());

  ours->shut_down();
  CHECK(gate->count() == 0);
  CHECK(owner_gone.expired());
  peer.non_blocking(true);
  std::array<char, 1> room;
  error_code ec;
  CHECK(peer.read_some(asio::buffer(room), ec) == 0);
  CHECK(ec == asio::error::eof);

  // The operation under way still has our executor: that keeps the io_context behind it.
  ours.reset();
  CHECK_FALSE(ours_gone.expired());
  theirs.run();
  CHECK(ours_gone.expired());
}

TEST_CASE("a stream that has gone is not told of the end of our io_context", "[async][foreign_stream]") {
  asio::io_context theirs;
  const auto gate = std::make_shared<async::gate>();
  const auto ours = std::make_shared<async::runtime>(1U);
  {
    const strand on = ours->make_strand();
    unix_socket near(theirs);
    unix_socket peer(theirs);
    asio::local::connect_pair(near, peer);
    const foreign_stream brief(http::any_stream(std::move(near)), on, ours, gate::pass(gate));
  }
  ours->context().poll();
  CHECK(gate->count() == 0);
  ours->shut_down();
}

TEST_CASE("what an application's stream throws when it ends is told of in the log, and the connection is over",
          "[async][foreign_stream]") {
  captured_log log;
  pair p;
  p.stream = p.make(http::any_stream(faulty_stream{asio::error::eof}));
  p.stream->close();
  p.w.settle();
  CHECK(p.is_over());
  CHECK(log.count(log_level::error, "no goodbye") == 1);
  CHECK(log.count(log_level::error, "no close") == 1);
}

TEST_CASE("a TLS stream that ends without close_notify has ended, and is not broken", "[async][foreign_stream]") {
  pair p;
  p.stream = p.make(http::any_stream(faulty_stream{asio::ssl::error::stream_truncated}));
  p.stream->wait_readable(p.on, p.ear);
  p.w.settle();
  REQUIRE(p.ear->readable.size() == 1);
  CHECK_FALSE(p.ear->readable[0]);
  error_code ec;
  CHECK(p.read(ec).empty());
  CHECK(ec == asio::error::eof);
}
