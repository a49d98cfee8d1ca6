// The bytes of one connection, and sleeping until something changes.

#include "http/buffered_stream.hpp"

#include <boost/asio/co_spawn.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// A memory stream that counts what it is asked for.
class counting_stream final : public async::stream {
 public:
  counting_stream(std::unique_ptr<async::memory_stream> inner, std::shared_ptr<int> writes, bool tells_of_room)
      : inner_(std::move(inner)), writes_(std::move(writes)), tells_of_room_(tells_of_room) {}
  std::size_t read_some(std::span<char> room, boost::system::error_code& ec) noexcept override {
    return inner_->read_some(room, ec);
  }
  std::size_t write_some(std::span<const iovec> pieces, boost::system::error_code& ec) noexcept override {
    ++*writes_;
    return inner_->write_some(pieces, ec);
  }
  void wait_readable(const async::strand& on, std::shared_ptr<async::stream_listener> l) override {
    inner_->wait_readable(on, std::move(l));
  }
  void wait_writable(const async::strand& on, std::shared_ptr<async::stream_listener> l) override {
    if (tells_of_room_) inner_->wait_writable(on, std::move(l));
  }
  void wait_end(const async::strand& on, std::shared_ptr<async::stream_listener> l) override {
    inner_->wait_end(on, std::move(l));
  }
  void shutdown_send() noexcept override { inner_->shutdown_send(); }
  void close() noexcept override { inner_->close(); }
  std::string remote_address() const override { return inner_->remote_address(); }
  bool secure() const noexcept override { return false; }

 private:
  std::unique_ptr<async::memory_stream> inner_;
  std::shared_ptr<int> writes_;
  bool tells_of_room_;
};

// A buffered_stream that writes down what happens to it.
class probe final : public http::buffered_stream {
 public:
  probe(std::unique_ptr<async::stream> stream, world& w)
      : buffered_stream(std::move(stream), w.make_strand(),
                        std::shared_ptr<async::deadlines>(std::shared_ptr<void>(), &w.timers())) {}

  using buffered_stream::abort;
  using buffered_stream::close_stream;
  using buffered_stream::consume;
  using buffered_stream::flush;
  using buffered_stream::is_open;
  using buffered_stream::no_read_deadline;
  using buffered_stream::out;
  using buffered_stream::own_deadline;
  using buffered_stream::peer_done;
  using buffered_stream::read_within;
  using buffered_stream::sleep;
  using buffered_stream::take_stream;
  using buffered_stream::unread;
  using buffered_stream::wake;
  using buffered_stream::write_timeout;

  static task<> read(std::shared_ptr<probe> self) {
    while (self->is_open() && !self->peer_done()) {
      const arrival what = co_await self->more_bytes();
      self->seen.push_back(what == arrival::bytes ? "bytes" : what == arrival::timed_out ? "timed out" : "change");
    }
    self->seen.push_back("end");
  }

  static task<> nap(std::shared_ptr<probe> self) { co_await self->sleep(); }

  void on_peer_gone() override { ++gone; }

  std::vector<std::string> seen;
  int gone = 0;
};

struct probed {
  explicit probed(std::size_t capacity = 64 * 1024, bool reads = true, bool tells_of_room = true) {
    async::memory_streams pair(capacity);
    p = std::make_shared<probe>(std::make_unique<counting_stream>(std::move(pair.near), writes, tells_of_room), w);
    p->own_deadline();
    client.emplace(w, std::move(pair.far));
    if (reads) boost::asio::co_spawn(p->strand(), probe::read(p), [](std::exception_ptr e) { CHECK_FALSE(e); });
    w.settle();
  }

  world w;
  std::shared_ptr<int> writes = std::make_shared<int>(0);
  std::shared_ptr<probe> p;
  std::optional<memory_client> client;
};

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("bytes pile up until they are consumed", "[http][buffered_stream]") {
  probed c;
  c.client->send("abc");
  c.client->send("def");
  CHECK(c.p->unread() == "abcdef");
  c.p->consume(1);
  CHECK(c.p->unread() == "bcdef");
  c.p->consume(4);
  CHECK(c.p->unread() == "f");
  c.client->send("g");
  CHECK(c.p->unread() == "fg");
  c.p->consume(2);
  CHECK(c.p->unread().empty());
  CHECK(c.p->seen == strings{"bytes", "bytes", "bytes"});
}

TEST_CASE("a read deadline passes once, and only if it was not moved", "[http][buffered_stream]") {
  probed c;
  c.p->read_within(5s);
  c.w.advance(4s);
  c.p->read_within(5s);
  c.w.advance(4s);
  CHECK(c.p->seen.empty());
  c.w.advance(1s);
  CHECK(c.p->seen == strings{"timed out"});
  c.w.advance(1min);
  CHECK(c.p->seen.size() == 1);
  c.p->read_within(10s);
  c.p->read_within(1s);
  c.w.advance(1s);
  CHECK(c.p->seen.size() == 2);
  c.p->read_within(1s);
  c.p->no_read_deadline();
  c.w.advance(1min);
  CHECK(c.p->seen.size() == 2);
}

TEST_CASE("waking lets the sleeper look again", "[http][buffered_stream]") {
  probed c;
  c.p->wake();
  c.p->wake();
  c.w.settle();
  CHECK(c.p->seen == strings{"change"});
}

TEST_CASE("sleeping returns at once when nothing could end it", "[http][buffered_stream]") {
  probed c(1000, false);
  c.w.run(probe::nap(c.p));
  CHECK(c.p->is_open());
}

TEST_CASE("everything that is ready leaves in one write", "[http][buffered_stream]") {
  probed c;
  for (int i = 0; i < 3; ++i) c.p->out().push(http::response(200, "body"), http::framing_rules{});
  c.p->flush();
  CHECK(*c.writes == 1);
  for (int i = 0; i < 3; ++i) CHECK(c.client->answer()->body == "body");
}

TEST_CASE("what the peer does not take at once follows when there is room", "[http][buffered_stream]") {
  probed c(100);
  c.p->out().push(http::response(200, std::string(1000, 'x')), http::framing_rules{});
  c.p->flush();
  c.w.settle();
  CHECK_FALSE(c.p->out().empty());
  const auto answer = c.client->answer();
  REQUIRE(answer);
  CHECK(answer->body.size() == 1000);
  CHECK(c.p->out().empty());
}

TEST_CASE("a peer that takes nothing is left after a while, one that takes a little is not",
          "[http][buffered_stream]") {
  probed c(100);
  c.p->write_timeout(10s);
  c.p->out().push(http::response(200, std::string(1000, 'x')), http::framing_rules{});
  c.p->flush();
  for (int i = 0; i < 3; ++i) {
    c.w.advance(9s);
    char byte = 0;
    boost::system::error_code ec;
    c.client->stream().read_some({&byte, 1}, ec);
    c.w.settle();
    CHECK(c.p->is_open());
  }
  c.w.advance(10s);
  CHECK_FALSE(c.p->is_open());
  CHECK(c.p->gone == 1);
  CHECK(c.p->seen.back() == "end");
}

TEST_CASE("a peer that takes a little is not left although the system does not tell of the room",
          "[http][buffered_stream]") {
  probed c(100, true, false);
  c.p->write_timeout(10s);
  c.p->out().push(http::response(200, std::string(1000, 'x')), http::framing_rules{});
  c.p->flush();
  for (int i = 0; i < 3; ++i) {
    char byte = 0;
    boost::system::error_code ec;
    c.client->stream().read_some({&byte, 1}, ec);
    c.w.advance(10s);
    CHECK(c.p->is_open());
  }
  c.w.advance(10s);
  CHECK_FALSE(c.p->is_open());
}

TEST_CASE("a time limit for writing ends with the last byte, and begins with the next answer",
          "[http][buffered_stream]") {
  probed whole;
  whole.p->out().push(http::response(200, std::string(50, 'x')), http::framing_rules{});
  whole.p->flush();
  whole.w.settle();
  const std::size_t head = whole.client->received().size() - 50;
  probed c(100, true, false);
  c.p->write_timeout(10s);
  c.p->out().push(http::response(200, std::string(150 - head, 'x')), http::framing_rules{});
  c.p->flush();
  std::array<char, 60> some{};
  boost::system::error_code ec;
  c.client->stream().read_some(some, ec);
  c.w.advance(10s);
  CHECK(c.p->out().empty());
  c.w.advance(1h);
  CHECK(c.p->is_open());
  c.p->out().push(http::response(200, std::string(1000, 'x')), http::framing_rules{});
  c.p->flush();
  c.w.advance(10s);
  CHECK(c.p->is_open());  // there was room for some bytes
  c.w.advance(10s);
  CHECK_FALSE(c.p->is_open());
}

TEST_CASE("the peer's end is told once, and leaves our direction open", "[http][buffered_stream]") {
  probed c;
  c.client->send("last");
  c.client->shutdown_send();
  CHECK(c.p->seen == strings{"bytes", "change", "end"});
  CHECK(c.p->peer_done());
  CHECK(c.p->is_open());
  CHECK(c.p->gone == 1);
  c.p->out().push("still there");
  c.p->flush();
  CHECK(c.client->received() == "still there");
}

TEST_CASE("aborting ends everything once", "[http][buffered_stream]") {
  probed c(10);
  c.p->out().push(std::string(100, 'x'));
  c.p->flush();
  c.p->abort();
  c.p->abort();
  c.w.settle();
  CHECK(c.p->gone == 1);
  CHECK_FALSE(c.p->is_open());
  CHECK(c.p->seen.back() == "end");
  CHECK(c.client->ended());
}

TEST_CASE("a reset by the peer is an abort", "[http][buffered_stream]") {
  probed c;
  c.client->reset();
  CHECK(c.p->gone == 1);
  CHECK_FALSE(c.p->is_open());
}

TEST_CASE("a stream that was given away is not touched again", "[http][buffered_stream]") {
  probed c(1000, false);
  c.p->read_within(1s);
  const auto stream = c.p->take_stream();
  REQUIRE(stream);
  CHECK_FALSE(c.p->is_open());
  c.w.advance(1min);
  c.p->abort();
  c.p->flush();
  c.p.reset();
  c.w.settle();
  CHECK_FALSE(c.client->ended());
}
