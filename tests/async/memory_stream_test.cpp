// The connection without a network.

#include "async/memory_stream.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::async;
using namespace cosio::test;
using boost::system::error_code;

namespace {

struct ears final : stream_listener {
  void on_readable(error_code ec) override { readable.push_back(ec); }
  void on_writable(error_code ec) override { writable.push_back(ec); }
  std::vector<error_code> readable;
  std::vector<error_code> writable;
};

std::size_t write(stream& to, std::string text, error_code& ec) {
  const iovec piece{text.data(), text.size()};
  return to.write_some({&piece, 1}, ec);
}

std::string read(stream& from, error_code& ec, std::size_t room = 1000) {
  std::string bytes(room, '\0');
  bytes.resize(from.read_some(bytes, ec));
  return bytes;
}

task<std::string> read_to_end(stream& from, strand on) {
  std::string all;
  for (;;) {
    error_code ec;
    all += read(from, ec, 7);
    if (ec == boost::asio::error::eof) co_return all;
    if (!ec) continue;
    const error_code waited = co_await readable(from, on);
    if (waited) co_return all + "!";
  }
}

task<> send_and_end(stream& to, strand on, std::string bytes) {
  co_await write_all(to, on, std::move(bytes));
  to.shutdown_send();
}

}  // namespace

TEST_CASE("two listeners may wait in one direction of a stream in memory, and both are told",
          "[async][memory_stream]") {
  world w;
  memory_streams pair(4);
  const strand here = w.make_strand();
  const auto one = std::make_shared<ears>();
  const auto two = std::make_shared<ears>();
  error_code ec;
  REQUIRE(write(*pair.near, "full", ec) == 4);
  for (const auto& ear : {one, two}) {
    pair.near->wait_writable(here, ear);
    pair.near->wait_readable(here, ear);
  }
  w.settle();
  CHECK(one->writable.empty());
  CHECK(read(*pair.far, ec) == "full");
  CHECK(write(*pair.far, "more", ec) == 4);
  w.settle();
  for (const auto& ear : {one, two}) {
    CHECK(ear->writable.size() == 1);
    CHECK(ear->readable.size() == 1);
  }
}

TEST_CASE("bytes cross in order, gathered, both ways", "[async][memory_stream]") {
  memory_streams pair;
  error_code ec;
  std::string one = "one ";
  std::string two = "two";
  const iovec pieces[] = {{one.data(), one.size()}, {two.data(), two.size()}};
  CHECK(pair.near->write_some(pieces, ec) == 7);
  CHECK(read(*pair.far, ec, 5) == "one t");
  CHECK(read(*pair.far, ec) == "wo");
  CHECK_FALSE(ec);
  CHECK(write(*pair.far, "back", ec) == 4);
  CHECK(read(*pair.near, ec) == "back");
  CHECK_FALSE(ec);
  CHECK(read(*pair.near, ec).empty());
  CHECK(ec == boost::asio::error::would_block);
}

TEST_CASE("room is bounded: what does not fit would block", "[async][memory_stream]") {
  world w;
  memory_streams pair(5);
  error_code ec;
  CHECK(write(*pair.near, "0123456789", ec) == 5);
  CHECK_FALSE(ec);
  CHECK(write(*pair.near, "x", ec) == 0);
  CHECK(ec == boost::asio::error::would_block);
  const auto told = std::make_shared<ears>();
  pair.near->wait_writable(w.make_strand(), told);
  w.settle();
  CHECK(told->writable.empty());
  ec = {};
  CHECK(read(*pair.far, ec, 2) == "01");
  w.settle();
  CHECK(told->writable == std::vector<error_code>{{}});
  CHECK(write(*pair.near, "ab", ec) == 2);
}

TEST_CASE("a wait ends at once when there is something to read, else when it comes", "[async][memory_stream]") {
  world w;
  memory_streams pair;
  const auto told = std::make_shared<ears>();
  pair.near->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.empty());
  error_code ec;
  write(*pair.far, "x", ec);
  CHECK(told->readable.empty());  // never from inside a call
  w.settle();
  CHECK(told->readable.size() == 1);
  pair.near->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.size() == 2);
  write(*pair.far, "y", ec);
  w.settle();
  CHECK(told->readable.size() == 2);  // once per wait
}

TEST_CASE("an end arrives behind the bytes, the other direction stays", "[async][memory_stream]") {
  world w;
  memory_streams pair;
  error_code ec;
  write(*pair.near, "last", ec);
  pair.near->shutdown_send();
  CHECK(write(*pair.near, "x", ec) == 0);
  CHECK(ec == boost::asio::error::broken_pipe);
  ec = {};
  const auto told = std::make_shared<ears>();
  pair.far->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.size() == 1);
  CHECK(read(*pair.far, ec) == "last");
  CHECK_FALSE(ec);
  read(*pair.far, ec);
  CHECK(ec == boost::asio::error::eof);
  ec = {};
  CHECK(write(*pair.far, "still", ec) == 5);
  CHECK(read(*pair.near, ec) == "still");
}

TEST_CASE("closing ends waits, and shows as an end to the peer", "[async][memory_stream]") {
  world w;
  memory_streams pair(4);
  error_code ec;
  write(*pair.near, "full", ec);
  const auto mine = std::make_shared<ears>();
  const auto peers = std::make_shared<ears>();
  pair.near->wait_readable(w.make_strand(), mine);
  pair.near->wait_writable(w.make_strand(), mine);
  pair.far->wait_readable(w.make_strand(), peers);
  w.settle();
  peers->readable.clear();
  read(*pair.far, ec, 4);
  pair.far->wait_readable(w.make_strand(), peers);
  write(*pair.near, "full", ec);
  w.settle();
  mine->writable.clear();
  pair.near->wait_writable(w.make_strand(), mine);
  pair.near->close();
  pair.near->close();
  w.settle();
  CHECK(mine->readable == std::vector<error_code>{boost::asio::error::operation_aborted});
  CHECK(mine->writable == std::vector<error_code>{boost::asio::error::operation_aborted});
  CHECK(peers->readable == std::vector<error_code>{{}});
  ec = {};
  CHECK(read(*pair.far, ec) == "full");
  read(*pair.far, ec);
  CHECK(ec == boost::asio::error::eof);
  write(*pair.far, "x", ec);
  CHECK(ec == boost::asio::error::broken_pipe);
  read(*pair.near, ec);
  CHECK(ec == boost::asio::error::bad_descriptor);
}

TEST_CASE("a peer that is destroyed wakes those who wait for it", "[async][memory_stream]") {
  world w;
  memory_streams pair(2);
  error_code ec;
  write(*pair.near, "xx", ec);
  const auto told = std::make_shared<ears>();
  pair.near->wait_readable(w.make_strand(), told);
  pair.near->wait_writable(w.make_strand(), told);
  pair.far.reset();
  w.settle();
  CHECK(told->readable == std::vector<error_code>{{}});
  CHECK(told->writable == std::vector<error_code>{{}});
}

TEST_CASE("a reset throws away what was not read", "[async][memory_stream]") {
  world w;
  memory_streams pair;
  error_code ec;
  write(*pair.near, "lost", ec);
  const auto told = std::make_shared<ears>();
  pair.near->reset();
  pair.far->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.size() == 1);
  CHECK(read(*pair.far, ec).empty());
  CHECK(ec == boost::asio::error::connection_reset);
  write(*pair.far, "x", ec);
  CHECK(ec == boost::asio::error::connection_reset);
}

TEST_CASE("it tells what a test wants it to tell", "[async][memory_stream]") {
  memory_streams pair;
  CHECK(pair.near->remote_address() == "127.0.0.1");
  CHECK_FALSE(pair.near->secure());
  pair.near->remote_address("::1");
  pair.near->secure(true);
  CHECK(pair.near->remote_address() == "::1");
  CHECK(pair.near->secure());
}

TEST_CASE("what one end refuses fails at the other, and only there", "[async][memory_stream]") {
  memory_streams pair;
  const boost::system::error_code refused(ENOBUFS, boost::system::system_category());
  pair.far->refuse_writes(refused);
  std::string bytes = "hello";
  const iovec piece{bytes.data(), bytes.size()};
  boost::system::error_code ec;
  CHECK(pair.near->write_some({&piece, 1}, ec) == 0);
  CHECK(ec == refused);
  ec = {};
  CHECK(pair.far->write_some({&piece, 1}, ec) == 5);
  CHECK_FALSE(ec);
}

TEST_CASE("a large transfer through a small pipe arrives whole", "[async][memory_stream]") {
  world w;
  memory_streams pair(10);
  const std::string bytes(5'000, 'x');
  const strand here = w.make_strand();
  boost::asio::co_spawn(here, send_and_end(*pair.near, here, bytes), [](std::exception_ptr e) { CHECK_FALSE(e); });
  CHECK(w.run(read_to_end(*pair.far, here)) == bytes);
}

TEST_CASE("the two ends may be used on two threads", "[async][memory_stream]") {
  memory_streams pair(100);
  const std::string bytes(200'000, 'y');
  std::string received;
  std::thread sender([&] {
    world w;
    const strand here = w.make_strand();
    w.run(send_and_end(*pair.near, here, bytes));
  });
  world w;
  const strand here = w.make_strand();
  received = w.run(read_to_end(*pair.far, here));
  sender.join();
  CHECK(received == bytes);
}

TEST_CASE("the end is told to a reader that pauses, though bytes before it are unread", "[async][memory_stream]") {
  world w;
  memory_streams pair;
  const bool reset = GENERATE(false, true);
  boost::system::error_code ec;
  write(*pair.near, "unread", ec);
  const auto told = std::make_shared<ears>();
  pair.far->wait_end(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.empty());
  if (reset) {
    pair.near->reset();
  } else {
    pair.near->shutdown_send();
  }
  w.settle();
  CHECK(told->readable.size() == 1);  // on_end() is on_readable() for those who make no difference
}
