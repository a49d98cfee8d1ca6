// A stream over real sockets.

#include "async/tcp_stream.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::async;
using namespace cosio::test;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

using acceptor = boost::asio::basic_socket_acceptor<tcp, executor>;

// The next client, as a stream of that io_context.
std::unique_ptr<tcp_stream> accept_one(acceptor& from, boost::asio::io_context& into,
                                       cosio::async::gate::pass until_closed = {}) {
  tcp::endpoint peer;
  auto accepted = from.accept(from.get_executor(), peer);
  accepted.native_non_blocking(true);
  accepted.set_option(tcp::no_delay(true));
  return std::make_unique<tcp_stream>(into, cosio::base::descriptor(accepted.release()), peer.address(),
                                      std::move(until_closed));
}

// A server's stream and its client on loopback.
struct connected {
  explicit connected(cosio::async::gate::pass until_closed = {})
      : client(listening.local_endpoint().port()),
        stream(accept_one(listening, w.context(), std::move(until_closed))) {}

  world w;
  acceptor listening{w.context().get_executor(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  http_client client;
  std::unique_ptr<tcp_stream> stream;
};

struct ears final : stream_listener {
  void on_readable(error_code ec) override { readable.push_back(ec); }
  void on_writable(error_code ec) override { writable.push_back(ec); }
  void on_end(error_code ec) override { ended.push_back(ec); }
  std::vector<error_code> readable;
  std::vector<error_code> writable;
  std::vector<error_code> ended;
};

// The same, and it keeps the strand of its waits.
struct ears_on_strand final : stream_listener {
  explicit ears_on_strand(strand on) : mine(std::move(on)) {}
  void on_readable(error_code ec) override { readable.push_back(ec), right_place &= mine.running_in_this_thread(); }
  void on_writable(error_code ec) override { writable.push_back(ec), right_place &= mine.running_in_this_thread(); }
  const strand* told_on() const noexcept override { return &mine; }
  const strand mine;
  std::vector<error_code> readable;
  std::vector<error_code> writable;
  bool right_place = true;
};

}  // namespace

TEST_CASE("bytes cross a TCP stream in both directions", "[async][tcp_stream]") {
  connected c;
  CHECK(c.stream->remote_address() == "127.0.0.1");
  CHECK_FALSE(c.stream->secure());
  std::string buffer(100, '\0');
  error_code ec;
  CHECK(c.stream->read_some(buffer, ec) == 0);
  CHECK(ec == boost::asio::error::would_block);

  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(here, told);
  c.client.send("hello");
  REQUIRE(c.w.run_until([&] { return !told->readable.empty(); }));
  CHECK_FALSE(told->readable[0]);
  ec = {};
  CHECK(c.stream->read_some(buffer, ec) == 5);
  CHECK(buffer.substr(0, 5) == "hello");

  std::string one = "good";
  std::string two = "bye";
  const iovec pieces[] = {{one.data(), one.size()}, {two.data(), two.size()}};
  CHECK(c.stream->write_some(pieces, ec) == 7);
  CHECK(c.client.read(7) == "goodbye");
}

TEST_CASE("two listeners may wait in one direction of a TCP stream, and both are told", "[async][tcp_stream]") {
  for (const bool closes : {false, true}) {
    connected c;
    const strand here = c.w.make_strand();
    const auto one = std::make_shared<ears>();
    const auto two = std::make_shared<ears>();
    c.stream->wait_readable(here, one);
    c.stream->wait_readable(here, two);
    c.w.settle();
    if (closes) {
      c.stream->close();
    } else {
      c.client.send("x");
    }
    CHECK(c.w.run_until([&] { return !one->readable.empty() && !two->readable.empty(); }));
    CHECK(one->readable == two->readable);
    CHECK(one->readable.size() == 1);
  }
}

TEST_CASE("a listener that keeps its strand is told on it, alone and beside one that does not", "[async][tcp_stream]") {
  for (const bool closes : {false, true}) {
    for (const bool first : {false, true}) {
      connected c;
      const auto one = std::make_shared<ears_on_strand>(c.w.make_strand());
      const auto other = std::make_shared<ears>();
      if (!first) c.stream->wait_readable(one->mine, other);
      c.stream->wait_readable(one->mine, one);
      if (first) c.stream->wait_readable(one->mine, other);
      c.w.settle();
      if (closes) {
        c.stream->close();
      } else {
        c.client.send("x");
      }
      CHECK(c.w.run_until([&] { return !one->readable.empty() && !other->readable.empty(); }));
      if (!closes) {
        c.stream->wait_writable(one->mine, one);
        CHECK(c.w.run_until([&] { return !one->writable.empty(); }));
      }
      CHECK(one->right_place);
    }
  }
}

TEST_CASE("a TCP stream tells its peer's address, in the family that the peer has", "[async][tcp_stream]") {
  const std::pair<const char*, const char*> addresses[] = {
      {"192.0.2.1", "192.0.2.1"}, {"::ffff:192.0.2.1", "192.0.2.1"}, {"2001:db8::17", "2001:db8::17"}, {"::1", "::1"}};
  for (const auto& [peer, told] : addresses) {
    world w;
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const cosio::base::descriptor far(ends[1]);
    const tcp_stream stream(w.context(), cosio::base::descriptor(ends[0]), boost::asio::ip::make_address(peer));
    CHECK(stream.remote_address() == told);
  }
}

TEST_CASE("a full TCP stream would block, until the peer reads", "[async][tcp_stream]") {
  connected c;
  const std::string block(1 << 20, 'x');
  const iovec piece{const_cast<char*>(block.data()), block.size()};
  std::size_t sent = 0;
  error_code ec;
  for (int i = 0; i < 100 && !ec; ++i) sent += c.stream->write_some({&piece, 1}, ec);
  REQUIRE(ec == boost::asio::error::would_block);
  const auto told = std::make_shared<ears>();
  c.stream->wait_writable(c.w.make_strand(), told);
  c.w.settle();
  CHECK(told->writable.empty());
  c.client.read(sent);
  CHECK(c.w.run_until([&] { return !told->writable.empty(); }));
  CHECK_FALSE(told->writable[0]);
}

#if defined(__linux__)
TEST_CASE("a TCP stream sends a file as far as there is room, and tells its end", "[async][tcp_stream]") {
  connected c;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(file);
  const int fd = ::fileno(file.get());
  constexpr std::uint64_t size = std::uint64_t{1} << 26;
  REQUIRE(::ftruncate(fd, size) == 0);
  REQUIRE(::pwrite(fd, "end", 3, size - 3) == 3);
  error_code ec;
  CHECK(c.stream->send_file(fd, size - 3, 100, ec) == 3);
  CHECK_FALSE(ec);
  CHECK(c.client.read(3) == "end");
  CHECK(c.stream->send_file(fd, size, 100, ec) == 0);
  CHECK(ec == boost::asio::error::eof);
  ec = {};
  std::uint64_t sent = 0;
  while (!ec) sent += c.stream->send_file(fd, sent, size - sent, ec);
  CHECK(ec == boost::asio::error::would_block);
  CHECK(sent < size);
  CHECK(c.client.read(sent) == std::string(sent, '\0'));
}
#endif

TEST_CASE("a stream that cannot send files says so", "[async][stream]") {
  memory_streams pair;
  error_code ec;
  CHECK(pair.near->send_file(0, 0, 1, ec) == 0);
  CHECK(ec == boost::asio::error::operation_not_supported);
}

TEST_CASE("the peer's end and its reset are told apart", "[async][tcp_stream]") {
  std::string buffer(100, '\0');
  {
    connected c;
    c.client.shutdown_send();
    const error_code waited = c.w.run(readable(*c.stream, c.w.make_strand()));
    CHECK_FALSE(waited);
    error_code ec;
    c.stream->read_some(buffer, ec);
    CHECK(ec == boost::asio::error::eof);
  }
  {
    connected c;
    c.client.reset();
    c.w.run(readable(*c.stream, c.w.make_strand()));
    error_code ec;
    c.stream->read_some(buffer, ec);
    CHECK(ec == boost::asio::error::connection_reset);
    ec = {};
    const iovec piece{buffer.data(), buffer.size()};
    c.stream->write_some({&piece, 1}, ec);  // no signal
    CHECK(ec == boost::asio::error::broken_pipe);
  }
}

TEST_CASE("closing a TCP stream ends its waits", "[async][tcp_stream]") {
  connected c;
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(c.w.make_strand(), told);
  c.w.settle();
  c.stream->close();
  c.stream->close();
  c.w.settle();
  CHECK(told->readable == std::vector<error_code>{boost::asio::error::operation_aborted});
  CHECK(c.client.ends());
}

TEST_CASE("what came while nobody waited is told to the next wait", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(here, told);
  c.client.send("one");
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 1; }));
  c.client.send("two");
  c.w.settle();
  CHECK(told->readable.size() == 1);  // a wait is told once
  c.stream->wait_readable(here, told);
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 2; }));
  std::string buffer(100, '\0');
  error_code ec;
  CHECK(c.stream->read_some(buffer, ec) == 6);
}

TEST_CASE("a read that filled its buffer leaves more to be told of", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(here, told);
  c.client.send("abcdef");
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 1; }));
  std::string buffer(3, '\0');
  error_code ec;
  REQUIRE(c.stream->read_some(buffer, ec) == 3);
  c.stream->wait_readable(here, told);
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 2; }));
  CHECK(c.stream->read_some(buffer, ec) == 3);
  CHECK(buffer == "def");
}

TEST_CASE("the peer's end behind its last bytes is told when those are read", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.client.send("last");
  c.client.shutdown_send();
  c.stream->wait_readable(here, told);
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 1; }));
  std::string buffer(100, '\0');
  error_code ec;
  REQUIRE(c.stream->read_some(buffer, ec) == 4);
  c.stream->wait_readable(here, told);
  REQUIRE(c.w.run_until([&] { return told->readable.size() == 2; }));
  CHECK(c.stream->read_some(buffer, ec) == 0);
  CHECK(ec == boost::asio::error::eof);
}

TEST_CASE("an io_context has work while it watches a stream, and lets go of who waits when it ends",
          "[async][tcp_stream]") {
  auto io = std::make_unique<boost::asio::io_context>();
  boost::asio::io_context elsewhere;
  acceptor listening(elsewhere.get_executor(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  http_client first(listening.local_endpoint().port());
  auto closed = accept_one(listening, *io);
  closed->wait_readable(strand(io->get_executor()), std::make_shared<ears>());
  io->poll();
  CHECK_FALSE(io->stopped());
  closed->close();
  io->run();  // returns
  CHECK(io->stopped());

  io->restart();
  http_client second(listening.local_endpoint().port());
  auto outlives = accept_one(listening, *io);
  std::weak_ptr<ears> waits;
  {
    const auto told = std::make_shared<ears>();
    waits = told;
    outlives->wait_readable(strand(io->get_executor()), told);
  }
  io->poll();
  CHECK_FALSE(waits.expired());
  io.reset();
  CHECK(waits.expired());
  outlives->close();
  CHECK(second.ends());
}

TEST_CASE("one thread tells all at once, and what one of them throws is logged and disturbs no other",
          "[async][tcp_stream]") {
  struct thrower final : stream_listener {
    void on_readable(error_code) override {
      told = true;
      throw std::runtime_error("no room for it");
    }
    void on_writable(error_code) override {}
    bool told = false;
  };
  world w;
  watched_socket::run_by_one_thread(w.context());
  acceptor listening{w.context().get_executor(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::vector<std::unique_ptr<http_client>> clients;
  std::vector<std::unique_ptr<tcp_stream>> streams;
  std::vector<std::shared_ptr<ears>> waiting;
  const auto throws = std::make_shared<thrower>();
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<http_client>(listening.local_endpoint().port()));
    streams.push_back(accept_one(listening, w.context()));
    waiting.push_back(std::make_shared<ears>());
    if (i == 2) {
      streams.back()->wait_readable(w.make_strand(), throws);
    } else {
      streams.back()->wait_readable(w.make_strand(), waiting.back());
    }
  }
  w.settle();
  for (auto& client : clients) client->send("x");
  const auto all_told = [&] {
    const auto told = [](const auto& e) { return !e->readable.empty(); };
    return throws->told && std::count_if(waiting.begin(), waiting.end(), told) == 4;
  };
  const captured_log log;
  CHECK(w.run_until(all_told));
  CHECK(log.count(log_level::error, "no room for it") == 1);
}

TEST_CASE("the end of our direction leaves the other one open", "[async][tcp_stream]") {
  connected c;
  c.stream->shutdown_send();
  CHECK(c.client.ends());
  c.client.send("late");
  c.w.run(readable(*c.stream, c.w.make_strand()));
  std::string buffer(100, '\0');
  error_code ec;
  CHECK(c.stream->read_some(buffer, ec) == 4);
}

TEST_CASE("a large text is written whole to a slow reader", "[async][tcp_stream]") {
  connected c;
  const std::string text(8 << 20, 'z');
  std::string received;
  std::thread reader([&] { received = c.client.read_to_end(); });
  const error_code ec = c.w.run(write_all(*c.stream, c.w.make_strand(), text));
  CHECK_FALSE(ec);
  c.stream->shutdown_send();
  reader.join();
  CHECK(received == text);
}

TEST_CASE("a count follows the streams that are open", "[async][tcp_stream]") {
  const auto open = std::make_shared<cosio::async::gate>();
  using pass = cosio::async::gate::pass;
  {
    connected one{pass(open)};
    CHECK(open->count() == 1);
    connected two{pass(open)};
    CHECK(open->count() == 2);
    two.stream->close();
    CHECK(open->count() == 1);
  }
  CHECK(open->count() == 0);
}

#if !COSIO_ASIO_WAITS
TEST_CASE("the end of the peer's direction is told to a reader that pauses, though bytes before it are unread",
          "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_end(here, told);
  c.client.send("hello");
  std::string buffer(2, '\0');
  error_code ec;
  REQUIRE(c.w.run_until([&] {
    ec = {};
    return c.stream->read_some(buffer, ec) != 0;
  }));
  CHECK(told->ended.empty());
  c.client.shutdown_send();
  REQUIRE(c.w.run_until([&] { return !told->ended.empty(); }));
  CHECK_FALSE(told->ended[0]);
  CHECK(told->readable.empty());
  c.stream->wait_end(here, told);  // told again
  REQUIRE(c.w.run_until([&] { return told->ended.size() == 2; }));
}
#endif

TEST_CASE("a broken connection is told to a reader that pauses", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_end(here, told);
  c.stream->wait_end(here, told);
  c.client.send("hello");
  c.client.reset();
  REQUIRE(c.w.run_until([&] { return !told->ended.empty(); }));
  CHECK_FALSE(told->ended[0]);
}

TEST_CASE("a reader that paused is told of the bytes that came meanwhile", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_end(here, told);
  c.client.send("hello");
  c.w.settle();
  c.stream->wait_readable(here, told);
  REQUIRE(c.w.run_until([&] { return !told->readable.empty(); }));
  CHECK(told->ended.empty());
  std::string buffer(100, '\0');
  error_code ec;
  CHECK(c.stream->read_some(buffer, ec) == 5);
}

TEST_CASE("who waits for the end is told when the stream is closed", "[async][tcp_stream]") {
  connected c;
  const strand here = c.w.make_strand();
  const auto told = std::make_shared<ears>();
  c.stream->wait_end(here, told);
  c.stream->close();
  REQUIRE(c.w.run_until([&] { return !told->ended.empty(); }));
  CHECK(told->ended[0] == boost::asio::error::operation_aborted);
  c.stream->wait_end(here, told);
  REQUIRE(c.w.run_until([&] { return told->ended.size() == 2; }));
  CHECK(told->ended[1] == boost::asio::error::operation_aborted);
}
