// A stream over TLS: records in pieces of any size, both ways at once, and every kind of end.

#include "async/tls_stream.hpp"

#include <openssl/ssl.h>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/tls.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/tls_client.hpp"

using namespace cosio;
using namespace cosio::async;
using namespace cosio::test;
using boost::system::error_code;

namespace {

const certificate_files& files() {
  static const certificate_files own("localhost");
  return own;
}

std::unique_ptr<stream> secured(std::unique_ptr<stream> below) {
  static const http::certificates certificates({.certificate_file = files().certificate(), .key_file = files().key()});
  return certificates.secure(std::move(below));
}

struct ears final : stream_listener {
  void on_readable(error_code ec) override { readable.push_back(ec); }
  void on_writable(error_code ec) override { writable.push_back(ec); }
  std::vector<error_code> readable;
  std::vector<error_code> writable;
};

struct calls {
  std::size_t reads = 0;
  std::size_t writes = 0;
};

// Counts what would be system calls.
class counted_stream final : public stream {
 public:
  counted_stream(std::unique_ptr<stream> counted, calls& in) : counted_(std::move(counted)), in_(in) {}

  std::size_t read_some(std::span<char> room, error_code& ec) noexcept override {
    ++in_.reads;
    return counted_->read_some(room, ec);
  }
  std::size_t write_some(std::span<const iovec> pieces, error_code& ec) noexcept override {
    ++in_.writes;
    return counted_->write_some(pieces, ec);
  }
  void wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) override {
    counted_->wait_readable(on, std::move(listener));
  }
  void wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) override {
    counted_->wait_writable(on, std::move(listener));
  }
  void wait_end(const strand& on, std::shared_ptr<stream_listener> listener) override {
    counted_->wait_end(on, std::move(listener));
  }
  void shutdown_send() noexcept override { counted_->shutdown_send(); }
  void close() noexcept override { counted_->close(); }
  std::string remote_address() const override { return counted_->remote_address(); }
  bool secure() const noexcept override { return counted_->secure(); }

 private:
  const std::unique_ptr<stream> counted_;
  calls& in_;
};

// A server's stream, and a client whose records the test moves.
struct connected {
  explicit connected(std::size_t capacity = 64 * 1024, bool shaken = true, const tls_client_options& options = {})
      : client(options),
        pair(capacity),
        stream(secured(std::make_unique<counted_stream>(std::move(pair.near), below))) {
    while (shaken && !client.ready()) {
      client.shake();
      deliver(client.take_output());
      read();
      fetch();
    }
  }

  // To the server, which reads as it comes.
  void deliver(std::string records) {
    error_code ec;
    while (!records.empty()) {
      const iovec piece{records.data(), records.size()};
      ec = {};
      records.erase(0, pair.far->write_some({&piece, 1}, ec));
      read();
    }
  }

  // To the server, which does not read yet. @return how many bytes.
  std::size_t put(std::string records) {
    error_code ec;
    const iovec piece{records.data(), records.size()};
    REQUIRE(pair.far->write_some({&piece, 1}, ec) == records.size());
    return records.size();
  }

  void fetch() {
    std::string room(70'000, '\0');
    error_code ec;
    for (;;) {
      const std::size_t n = pair.far->read_some(room, ec);
      if (n == 0) return;
      client.receive({room.data(), n});
    }
  }

  void read() {
    std::string room(70'000, '\0');
    last = {};
    const std::size_t n = stream->read_some(room, last);
    received.append(room, 0, n);
  }

  std::size_t write(std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    last = {};
    return stream->write_some({&piece, 1}, last);
  }

  calls below;
  tls_peer client;
  memory_streams pair;
  std::unique_ptr<cosio::async::stream> stream;
  std::string received;
  error_code last;
};

std::string ticket_bytes(const SSL_SESSION& of) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(&of, &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

// Records of application data, by their heads.
std::size_t count_data_records(std::string_view bytes) {
  std::size_t count = 0;
  while (bytes.size() >= 5) {
    if (bytes[0] == 23) ++count;
    bytes.remove_prefix(5 + static_cast<std::uint8_t>(bytes[3]) * 256U + static_cast<std::uint8_t>(bytes[4]));
  }
  return count;
}

}  // namespace

TEST_CASE("bytes cross a TLS stream in both directions", "[async][tls_stream]") {
  connected c;
  CHECK(c.stream->secure());
  CHECK(c.stream->remote_address() == "127.0.0.1");
  CHECK(c.client.version() == "TLSv1.3");
  c.client.write("hello");
  c.deliver(c.client.take_output());
  CHECK(c.received == "hello");
  CHECK(c.write("goodbye") == 7);
  c.fetch();
  CHECK(c.client.read() == "goodbye");
  c.read();
  CHECK(c.last == boost::asio::error::would_block);
}

TEST_CASE("a client that has a ticket resumes, in each version of TLS", "[async][tls_stream]") {
  constexpr int tls_1_3 = 0x0304;
  for (const int version : {0x0303, tls_1_3}) {
    CAPTURE(version);
    const tls_client_options of_version{.oldest = version, .newest = version};
    std::shared_ptr<SSL_SESSION> ticket;
    for (const bool again : {false, true, true}) {
      connected c(1 << 16, false);
      tls_peer client(of_version);
      if (again) client.resume(ticket);
      for (int flight = 0; flight < 10; ++flight) {
        client.shake();
        c.deliver(client.take_output());
        c.read();
        std::string room(70'000, '\0');
        error_code ec;
        client.receive({room.data(), c.pair.far->read_some(room, ec)});
        if (client.ready()) client.read();
      }
      REQUIRE(client.ready());
      CHECK(client.resumed() == again);
      const auto former = std::exchange(ticket, client.session());
      REQUIRE(ticket);
      // Clients use a ticket of TLS 1.3 once, so each connection must bring one.
      if (again && version == tls_1_3) CHECK(ticket_bytes(*ticket) != ticket_bytes(*former));
    }
  }
}

TEST_CASE("a handshake brings one ticket", "[async][tls_stream]") {
  connected c(1 << 20, false);
  c.client.shake();
  c.deliver(c.client.take_output());
  c.fetch();
  c.client.shake();
  REQUIRE(c.client.ready());
  c.deliver(c.client.take_output());  // the client's last word: only tickets come behind it
  std::string room(70'000, '\0');
  error_code ec;
  const std::size_t n = c.pair.far->read_some(room, ec);
  CHECK(count_data_records({room.data(), n}) == 1);
}

TEST_CASE("handshake and records may come byte by byte", "[async][tls_stream]") {
  for (const int version : {0x0303, 0x0304}) {
    CAPTURE(version);
    connected c(1 << 16, false);
    tls_peer client({.oldest = version, .newest = version});
    const auto bytewise = [&](const std::string& records) {
      for (const char byte : records) c.deliver(std::string(1, byte));
    };
    for (int flight = 0; flight < 10 && !client.ready(); ++flight) {
      client.shake();
      bytewise(client.take_output());
      CHECK(c.last == boost::asio::error::would_block);
      std::string room(70'000, '\0');
      error_code ec;
      const std::size_t n = c.pair.far->read_some(room, ec);
      client.receive({room.data(), n});
    }
    REQUIRE(client.ready());
    client.write("one");
    client.write("two");
    bytewise(client.take_output());
    CHECK(c.received == "onetwo");
  }
}

TEST_CASE("the answer of a handshake waits for room, and nobody is kept busy meanwhile", "[async][tls_stream]") {
  world w;
  connected c(100, false);  // far less than a certificate
  const strand here = w.make_strand();
  std::size_t waits = 0;
  while (!c.client.ready() && waits < 1000) {
    c.client.shake();
    std::string out = c.client.take_output();
    const auto told = std::make_shared<ears>();
    c.stream->wait_readable(here, told);
    if (!out.empty()) c.deliver(out);
    c.fetch();
    w.settle();
    REQUIRE(told->readable.size() == 1);
    ++waits;
    c.read();
    c.fetch();
  }
  CHECK(c.client.ready());
}

TEST_CASE("what the peer has no room for is offered again and arrives once", "[async][tls_stream]") {
  connected c(1'000);
  const std::string text = [] {
    std::string numbers;
    while (numbers.size() < 100'000) numbers += std::to_string(numbers.size()) + ",";
    return numbers;
  }();
  std::string arrived;
  std::size_t sent = 0;
  std::size_t blocked = 0;
  while (arrived.size() < text.size() && blocked < 10'000) {
    // Each time from memory that lies elsewhere, in two pieces, with less behind the part that is under way.
    const std::string rest = text.substr(sent, 20'000);
    std::string first = rest.substr(0, rest.size() / 3);
    std::string second = rest.substr(rest.size() / 3);
    const iovec pieces[] = {{first.data(), first.size()}, {second.data(), second.size()}};
    error_code ec;
    if (!rest.empty()) sent += c.stream->write_some(pieces, ec);
    if (ec) {
      REQUIRE(ec == boost::asio::error::would_block);
      ++blocked;
    }
    c.fetch();
    arrived += c.client.read();
  }
  CHECK(arrived == text);
  CHECK(blocked > 50);
}

TEST_CASE("a client that reads slowly is seen to take some of the records that wait for room", "[async][tls_stream]") {
  connected c(4'000);
  const std::string text(64 * 1024, 'x');
  REQUIRE(c.write(text) == 0);
  REQUIRE(c.last == boost::asio::error::would_block);
  std::size_t sent = 0;
  for (int i = 0; i < 4; ++i) {  // 16,000 bytes: less than a record
    c.fetch();
    const std::size_t more = c.write(std::string_view(text).substr(sent));
    CHECK(c.last == boost::asio::error::would_block);
    CHECK(more > 3'000);
    CHECK(more < 5'000);
    sent += more;
  }
  std::size_t arrived = 0;
  for (int i = 0; i < 100 && arrived < text.size(); ++i) {
    c.fetch();
    arrived += c.client.read().size();
    if (sent < text.size()) sent += c.write(std::string_view(text).substr(sent));
  }
  CHECK(sent == text.size());
  CHECK(arrived == text.size());
}

TEST_CASE("whoever waits for room is told when the peer has read", "[async][tls_stream]") {
  world w;
  connected c(1'000);
  const std::string text(5'000, 'x');
  CHECK(c.write(text) == 0);
  REQUIRE(c.last == boost::asio::error::would_block);
  const auto told = std::make_shared<ears>();
  c.stream->wait_writable(w.make_strand(), told);
  w.settle();
  CHECK(told->writable.empty());
  c.fetch();
  w.settle();
  CHECK(told->writable == std::vector<error_code>{error_code()});
}

TEST_CASE("small pieces leave in one record, large ones in full records", "[async][tls_stream]") {
  connected c(1 << 20);
  std::string ten = "0123456789";
  const std::vector<iovec> pieces(100, iovec{ten.data(), ten.size()});
  error_code ec;
  CHECK(c.stream->write_some(pieces, ec) == 1'000);
  std::string large(40'000, 'l');
  std::string_view rest = large;
  while (!rest.empty()) rest.remove_prefix(c.write(rest));
  std::string room(70'000, '\0');
  const std::size_t n = c.pair.far->read_some(room, ec);
  CHECK(count_data_records({room.data(), n}) == 1 + 3);
  c.client.receive({room.data(), n});
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += ten;
  CHECK(c.client.read() == expected + large);
}

TEST_CASE("what one write takes goes to the stream below in one call", "[async][tls_stream]") {
  connected c(1 << 20);
  c.below = {};
  const std::string text(64 * 1024, 'l');
  std::string head = "head";
  const iovec pieces[] = {{head.data(), head.size()}, {const_cast<char*>(text.data()), text.size()}};
  error_code ec;
  const std::size_t first = c.stream->write_some(pieces, ec);
  CHECK(first == 64 * 1024);  // four full records
  CHECK(c.below.writes == 1);
  CHECK(c.write(std::string_view(text).substr(first - head.size())) == head.size());
  CHECK(c.below.writes == 2);
  c.fetch();
  CHECK(c.client.read() == head + text);
}

TEST_CASE("a client that asks for short records gets all bytes in them", "[async][tls_stream]") {
  connected c(1 << 20, true, {.short_records = true});
  std::string text;
  while (text.size() < 40'000) text += std::to_string(text.size()) + ",";
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t written = c.write(rest);
    REQUIRE(written > 0);
    rest.remove_prefix(written);
  }
  std::string room(100'000, '\0');
  error_code ec;
  const std::size_t n = c.pair.far->read_some(room, ec);
  CHECK(count_data_records({room.data(), n}) >= text.size() / 512);
  c.client.receive({room.data(), n});
  CHECK(c.client.read() == text);
}

TEST_CASE("a read that got all there was does not ask once more", "[async][tls_stream]") {
  connected c(1 << 20);
  c.client.write("one");
  c.client.write("two");
  c.put(c.client.take_output());
  c.below = {};
  c.read();
  CHECK(c.received == "onetwo");
  CHECK(c.below.reads == 1);
  c.read();  // and the next one asks
  CHECK(c.last == boost::asio::error::would_block);
  CHECK(c.below.reads == 2);
}

TEST_CASE("records that wait for room stay in front of those that OpenSSL sends of its own accord",
          "[async][tls_stream]") {
  connected c(1'000);
  std::string text;
  while (text.size() < 70'000) text += std::to_string(text.size()) + ",";
  std::size_t sent = c.write(text);
  CHECK(sent == 0);
  REQUIRE(c.last == boost::asio::error::would_block);
  c.client.update_keys(true);  // the server answers with a record of its own
  c.deliver(c.client.take_output());
  std::string arrived;
  for (int i = 0; i < 1'000 && arrived.size() < text.size(); ++i) {
    c.fetch();
    arrived += c.client.read();
    if (sent < text.size()) sent += c.write(std::string_view(text).substr(sent));
    c.read();
  }
  CHECK(arrived == text);
  CHECK(sent == text.size());
  c.fetch();
  c.stream->shutdown_send();
  c.fetch();
  CHECK(c.client.read().empty());
  CHECK(c.client.saw_close_notify());
  CHECK(c.client.failure().empty());
}

TEST_CASE("bytes that found no room in the buffer are announced at once", "[async][tls_stream]") {
  world w;
  connected c;
  c.client.write(std::string(3'000, 'a'));
  c.client.write(std::string(3'000, 'b'));
  std::string records = c.client.take_output();
  const iovec piece{records.data(), records.size()};
  error_code ec;
  REQUIRE(c.pair.far->write_some({&piece, 1}, ec) == records.size());
  std::string small(1'000, '\0');
  std::string all;
  for (int i = 0; i < 6; ++i) {
    const auto told = std::make_shared<ears>();
    c.stream->wait_readable(w.make_strand(), told);
    w.settle();
    REQUIRE(told->readable == std::vector<error_code>{error_code()});
    ec = {};
    all += small.substr(0, c.stream->read_some(small, ec));
  }
  CHECK(all.size() == 6'000);
  CHECK(c.stream->read_some(small, ec) == 0);
  CHECK(ec == boost::asio::error::would_block);
  // Half a record is no reason to wake anybody again and again.
  c.client.write("more");
  records = c.client.take_output();
  const iovec half{records.data(), records.size() / 2};
  REQUIRE(c.pair.far->write_some({&half, 1}, ec) > 0);
  ec = {};
  CHECK(c.stream->read_some(small, ec) == 0);
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.empty());
}

TEST_CASE("one read of a TLS stream takes a limited number of encrypted bytes, and others get their turn between two",
          "[async][tls_stream]") {
  world w;
  connected c(1 << 20);
  constexpr std::size_t records = 20'000;
  for (std::size_t i = 0; i < records; ++i) c.client.write("x");
  const std::size_t total = c.put(c.client.take_output());
  const strand here = w.make_strand();
  const strand other = w.make_strand();
  std::string room(128 * 1024, '\0');
  std::size_t plain = 0;
  std::size_t turns = 0;
  while (plain < records && turns < records) {
    const auto told = std::make_shared<ears>();
    bool others_turn = false;
    c.stream->wait_readable(here, told);
    boost::asio::post(other, [&] { others_turn = true; });
    w.settle();
    REQUIRE(told->readable == std::vector<error_code>{error_code()});
    CHECK(others_turn);
    const std::size_t before = c.pair.far->unread_by_peer();
    error_code ec;
    plain += c.stream->read_some(room, ec);
    REQUIRE_FALSE(ec);
    CHECK(before - c.pair.far->unread_by_peer() <= tls_stream::max_encrypted);
    ++turns;
  }
  CHECK(plain == records);
  CHECK(turns >= total / tls_stream::max_encrypted);
  CHECK(turns <= total / tls_stream::max_encrypted + 2);
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(here, told);
  w.settle();
  CHECK(told->readable.empty());  // all was read: nobody is kept busy
}

TEST_CASE("records without plain bytes end a TLS connection when there are too many in a row", "[async][tls_stream]") {
  struct row {
    unsigned updates;
    bool ends;
  };
  const unsigned limit = tls_stream::max_silent_records;
  for (const row& r : {row{limit, false}, row{limit + 1, true}, row{30'000, true}}) {
    CAPTURE(r.updates);
    connected c(1 << 20);
    for (unsigned i = 0; i < r.updates; ++i) c.client.update_keys();
    c.client.write("after");
    const std::size_t total = c.put(c.client.take_output());
    for (int reads = 0; reads < 3; ++reads) c.read();
    CHECK(c.received == (r.ends ? "" : "after"));
    CHECK((c.last == boost::system::errc::protocol_error) == r.ends);
    CHECK(total - c.pair.far->unread_by_peer() <= 2 * SSL3_RT_MAX_PACKET_SIZE);
    if (r.ends) continue;
    for (unsigned i = 0; i < limit; ++i) c.client.update_keys();  // counted anew behind plain bytes
    c.client.write(" all");
    c.deliver(c.client.take_output());
    CHECK(c.received == "after all");
  }
}

TEST_CASE("the peer's close_notify is the end, and writing goes on", "[async][tls_stream]") {
  connected c;
  c.client.write("last words");
  c.client.send_close_notify();
  c.deliver(c.client.take_output());
  CHECK(c.received == "last words");
  c.read();
  CHECK(c.last == boost::asio::error::eof);
  c.read();
  CHECK(c.last == boost::asio::error::eof);
  CHECK(c.write("answer") == 6);
  c.fetch();
  CHECK(c.client.read() == "answer");
}

TEST_CASE("an end without close_notify is told apart: somebody may have cut the rest off", "[async][tls_stream]") {
  connected c;
  c.client.write("transfer 100");
  c.deliver(c.client.take_output());
  c.pair.far->shutdown_send();
  c.read();
  CHECK(c.last == boost::asio::ssl::error::stream_truncated);
  CHECK(c.received == "transfer 100");
  c.read();
  CHECK(c.last == boost::asio::ssl::error::stream_truncated);
  CHECK(c.write("x") == 0);
  CHECK(c.last.failed());
}

TEST_CASE("a reset below is reported as it is", "[async][tls_stream]") {
  connected c;
  c.pair.far->reset();
  c.read();
  CHECK(c.last == boost::asio::error::connection_reset);
}

TEST_CASE("a record that was tampered with ends the connection", "[async][tls_stream]") {
  connected c;
  c.client.write("transfer 100");
  std::string records = c.client.take_output();
  records.back() = static_cast<char>(records.back() ^ 1);
  c.deliver(records);
  CHECK(c.received.empty());
  CHECK(c.last.category() == boost::asio::error::get_ssl_category());
  world w;
  const auto told = std::make_shared<ears>();
  c.stream->wait_readable(w.make_strand(), told);
  w.settle();
  CHECK(told->readable.size() == 1);  // nobody waits for more of it
}

TEST_CASE("who speaks HTTP instead of TLS is noted and gets an end, not a reset", "[async][tls_stream]") {
  captured_log log;
  connected c(64 * 1024, false);
  std::string request = "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(5'000, 'x');
  const iovec piece{request.data(), request.size()};
  error_code ec;
  c.pair.far->write_some({&piece, 1}, ec);
  c.read();
  CHECK(c.last.failed());
  CHECK(c.last != boost::asio::error::would_block);
  CHECK(log.count(log_level::debug, "it speaks HTTP without TLS") == 1);
  c.stream->close();
  std::string room(100, '\0');
  CHECK(c.pair.far->read_some(room, ec) == 0);
  CHECK(ec == boost::asio::error::eof);
}

TEST_CASE("the end of our direction is said by close_notify, and reading goes on", "[async][tls_stream]") {
  connected c;
  c.stream->shutdown_send();
  c.fetch();
  CHECK(c.client.read().empty());
  CHECK(c.client.saw_close_notify());
  c.client.write("late");
  c.deliver(c.client.take_output());
  CHECK(c.received == "late");
}

TEST_CASE("closing a TLS stream ends its waits", "[async][tls_stream]") {
  world w;
  for (const bool more : {false, true}) {
    CAPTURE(more);
    connected c;
    const auto told = std::make_shared<ears>();
    if (more) {  // the wait is over already, but nobody was told yet
      c.client.write("abc");
      std::string records = c.client.take_output();
      const iovec piece{records.data(), records.size()};
      error_code ec;
      c.pair.far->write_some({&piece, 1}, ec);
      std::string one(1, '\0');
      CHECK(c.stream->read_some(one, ec) == 1);
    }
    c.stream->wait_readable(w.make_strand(), told);
    c.stream->close();
    c.stream->close();
    w.settle();
    CHECK(told->readable == std::vector<error_code>{boost::asio::error::operation_aborted});
    c.fetch();
    c.client.read();
    CHECK(c.client.saw_close_notify());
  }
}

TEST_CASE("one thread writes while another reads", "[async][tls_stream]") {
  connected c(20'000);
  constexpr std::size_t amount = 2'000'000;
  std::size_t received = 0;
  std::size_t sent = 0;
  std::size_t arrived = 0;
  std::thread writer([&] {
    const std::string block(30'000, 'w');
    while (sent < amount) {
      const iovec piece{const_cast<char*>(block.data()), std::min(block.size(), amount - sent)};
      error_code ec;
      sent += c.stream->write_some({&piece, 1}, ec);
      if (ec) std::this_thread::yield();
    }
  });
  std::thread reader([&] {
    std::string room(50'000, '\0');
    while (received < amount) {
      error_code ec;
      received += c.stream->read_some(room, ec);
      if (ec) std::this_thread::yield();
    }
  });
  std::string unsent;
  std::size_t offered = 0;
  std::string room(50'000, '\0');
  while (arrived < amount || offered < amount || !unsent.empty()) {
    if (unsent.empty() && offered < amount) {
      const std::size_t block = std::min<std::size_t>(10'000, amount - offered);
      c.client.write(std::string(block, 'r'));
      offered += block;
      unsent = c.client.take_output();
    }
    error_code ec;
    const iovec piece{unsent.data(), unsent.size()};
    if (!unsent.empty()) unsent.erase(0, c.pair.far->write_some({&piece, 1}, ec));
    ec = {};
    const std::size_t n = c.pair.far->read_some(room, ec);
    c.client.receive({room.data(), n});
    arrived += c.client.read().size();
    if (!c.client.failure().empty()) break;
  }
  CHECK(c.client.failure().empty());
  writer.join();
  reader.join();
  CHECK(received == amount);
  CHECK(arrived == amount);
}
