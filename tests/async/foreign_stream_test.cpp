// A stream of the application's as a stream that never blocks.

#include "async/foreign_stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

// A stream of ours on a local socket, and the other end of that.
struct pair {
  pair() : peer(w.context()), gate(std::make_shared<async::gate>()), on(w.make_strand()) {
    unix_socket near(w.context());
    asio::local::connect_pair(near, peer);
    http::any_stream any(std::move(near), "192.0.2.7");
    std::string address = any.remote_address();
    const std::shared_ptr<deadlines> timers(runtime, &runtime->timers());
    stream =
        std::make_unique<foreign_stream>(any.take(), std::move(address), any.secure(), on, timers, gate::pass(gate));
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
  struct owner final : stream_listener {
    void on_readable(error_code) override {}
    void on_writable(error_code) override {}
    std::unique_ptr<foreign_stream> stream;
  };
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
