// Connections that are no tcp::socket: TLS that the application ends itself, and local sockets.

#include <cosio/any_stream.hpp>
#include <cosio/cosio.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/mailbox.hpp"
#include "support/polling_client.hpp"
#include "support/sio_server.hpp"
#include "support/tls_client.hpp"
#include "support/websocket_client.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using unix_socket = asio::local::stream_protocol::socket;

namespace {

// The application: it accepts connections and makes the handshakes of TLS. The server has no port.
struct own_front {
  explicit own_front(cosio::options opts = test_options()) : io(context.get_executor(), std::move(opts)) {
    io.on_connection([this](cosio::socket c) {
      seen.put(std::string(c.remote_address()) + (c.handshake().secure() ? " secure" : " plain"));
      c.on("echo", [c](std::string text) -> cosio::task<> { co_await c.emit("back", text); });
      c.on("quit", [c]() -> cosio::task<> { co_await c.disconnect(true); });
      c.on_disconnect([this](cosio::reason why) { left.put(std::string(why.text())); });
    });
  }
  own_front(const own_front&) = delete;
  own_front& operator=(const own_front&) = delete;
  ~own_front() {
    try {
      wait(start(context.get_executor(), io.close(1s)));
    } catch (const std::exception& e) {
      std::fprintf(stderr, "own_front: closing failed: %s\n", e.what());
    }
  }

  asio::io_context context;
  mailbox<> seen;
  mailbox<> left;
  cosio::server io;
  background threads{context, 2};
};

// ---------------------------------------------------------------- TLS

cosio::task<> serve_tls(cosio::server io, tcp::socket socket, asio::ssl::context& tls) {
  asio::ssl::stream<tcp::socket> secured(std::move(socket), tls);
  co_await secured.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  cosio::http::any_stream any(std::move(secured));
  co_await io.serve(std::move(any));
}

class tls_front {
 public:
  /// @param authority  Its clients must show a certificate of it; null: clients show none.
  explicit tls_front(own_front& to, const certificate_files* authority = nullptr)
      : to_(to), acceptor_(to.context, {asio::ip::address_v4::loopback(), 0}) {
    if (authority != nullptr) {
      tls_.load_verify_file(authority->certificate());
      tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    tls_.use_certificate_chain_file(files_.certificate());
    tls_.use_private_key_file(files_.key(), asio::ssl::context::pem);
    asio::co_spawn(to.context, accept_all(), [](std::exception_ptr) {});
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// One for each connection that has ended.
  mailbox<bool> ended;

 private:
  cosio::task<> accept_all() {
    for (;;) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(to_.context, serve_tls(to_.io, std::move(socket), tls_),
                     [this](std::exception_ptr e) { ended.put(e == nullptr); });
    }
  }

  own_front& to_;
  certificate_files files_{"localhost"};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_;
};

class tls_line {
 public:
  explicit tls_line(std::uint16_t port, const tls_client_options& options = {}) : peer_(options), below_(port) {
    while (!peer_.ready()) {
      peer_.shake();
      below_.send(peer_.take_output());
      if (!peer_.ready()) peer_.receive(below_.read_some());
      if (!peer_.failure().empty()) throw std::runtime_error(peer_.failure());
    }
  }
  void send(std::string_view plain) {
    peer_.write(plain);
    below_.send(peer_.take_output());
  }
  bool read_more(std::string& into) {
    const std::string bytes = below_.read_some();
    peer_.receive(bytes);
    into += peer_.read();
    return !bytes.empty();
  }
  void close() {
    peer_.send_close_notify();
    below_.send(peer_.take_output());
    below_.close();
  }
  bool saw_goodbye() const { return peer_.saw_close_notify(); }

 private:
  tls_peer peer_;
  http_client below_;
};

// ---------------------------------------------------------------- local sockets

class local_line {
 public:
  /// @param ended  The end of serve().
  explicit local_line(own_front& to, std::future<void>* ended = nullptr, std::string address = {})
      : socket_(std::make_unique<unix_socket>(context_)) {
    unix_socket theirs(to.context);
    asio::local::connect_pair(*socket_, theirs);
    cosio::http::any_stream any(std::move(theirs), std::move(address));
    auto served = start(to.context.get_executor(), to.io.serve(std::move(any)));
    if (ended != nullptr) *ended = std::move(served);
  }
  void send(std::string_view bytes) { asio::write(*socket_, asio::buffer(bytes.data(), bytes.size())); }
  bool read_more(std::string& into) {
    std::array<char, 4096> room;
    boost::system::error_code ec;
    const std::size_t n = socket_->read_some(asio::buffer(room), ec);
    into.append(room.data(), n);
    return !ec;
  }
  void shutdown_send() { socket_->shutdown(unix_socket::shutdown_send); }
  void close() { socket_->close(); }
  bool saw_goodbye() const { return true; }

 private:
  asio::io_context context_;
  std::unique_ptr<unix_socket> socket_;
};

// ---------------------------------------------------------------- a client on either

template <class Line>
class talk {
 public:
  template <class... Args>
  explicit talk(Args&&... args) : line(std::forward<Args>(args)...) {}

  http_answer ask(std::string_view request) {
    line.send(request);
    for (;;) {
      if (auto answer = take_answer(received_)) return std::move(*answer);
      if (!line.read_more(received_)) throw std::runtime_error("the connection ended without an answer");
    }
  }
  server_frame frame() {
    for (;;) {
      if (auto next = take_frame(received_)) return std::move(*next);
      if (!line.read_more(received_)) throw std::runtime_error("the connection ended without a frame");
    }
  }
  std::string text() { return frame().payload; }
  bool ends() {
    while (line.read_more(received_)) {
    }
    return received_.empty() && line.saw_goodbye();
  }

  Line line;

 private:
  std::string received_;
};

constexpr const char* polling_target = "/socket.io/?EIO=4&transport=polling";
constexpr const char* websocket_target = "/socket.io/?EIO=4&transport=websocket";

// Polling and an upgrade; afterwards `ws` is a WebSocket in "/".
template <class Line>
void open_and_upgrade(talk<Line>& polls, talk<Line>& ws) {
  const http_answer opened = polls.ask(get(polling_target));
  REQUIRE(opened.status == 200);
  const std::string sid = "&sid=" + text_member(opened.body, "sid");
  CHECK(polls.ask(post(polling_target + sid, "40")).body == "ok");
  CHECK(polls.ask(get(polling_target + sid)).body.starts_with("40{"));
  CHECK(polls.ask(post(polling_target + sid, R"(42["echo","by polling"])")).body == "ok");
  CHECK(polls.ask(get(polling_target + sid)).body == R"(42["back","by polling"])");
  REQUIRE(ws.ask(websocket_request(websocket_target + sid)).status == 101);
  ws.line.send(text_frame("2probe"));
  CHECK(ws.text() == "3probe");
  ws.line.send(text_frame("5"));
}

template <class Line>
void check_echo(talk<Line>& ws) {
  const std::string much(200'000, 'x');  // more than all buffers of the stream
  for (const std::string& word : {std::string("short"), much}) {
    ws.line.send(text_frame("42[\"echo\",\"" + word + "\"]"));
    CHECK(ws.text() == "42[\"back\",\"" + word + "\"]");
  }
}

template <class Line>
void check_end_by_server(talk<Line>& ws) {
  ws.line.send(text_frame(R"(42["quit"])"));
  server_frame last = ws.frame();
  while (!last.is_close()) last = ws.frame();
  ws.line.send(close_frame_of_client());
  CHECK(ws.ends());
}

}  // namespace

TEST_CASE("a TLS stream of the application carries polling, an upgrade and events", "[socketio][any_stream]") {
  own_front house;
  tls_front door(house);
  talk<tls_line> polls(door.port());
  talk<tls_line> ws(door.port());
  open_and_upgrade(polls, ws);
  CHECK(house.seen.take() == "127.0.0.1 secure");
  check_echo(ws);
  check_end_by_server(ws);
  CHECK(house.left.take() == "server namespace disconnect");
  CHECK(door.ended.take());
  polls.line.close();
  CHECK(door.ended.take());
}

TEST_CASE("a client may end its TLS stream, with a goodbye and without", "[socketio][any_stream]") {
  own_front house;
  tls_front door(house);
  for (const bool politely : {true, false}) {
    CAPTURE(politely);
    auto ws = std::make_unique<talk<tls_line>>(door.port());
    REQUIRE(ws->ask(websocket_request(websocket_target)).status == 101);
    CHECK(ws->text().starts_with("0{"));
    ws->line.send(text_frame("40"));
    CHECK(ws->text().starts_with("40{"));
    if (politely) ws->line.close();
    ws.reset();
    CHECK(house.left.take() == "transport close");
    CHECK(door.ended.take());
  }
}

TEST_CASE("a local socket carries polling, an upgrade and events", "[socketio][any_stream]") {
  own_front house;
  std::future<void> polls_ended;
  std::future<void> ws_ended;
  talk<local_line> polls(house, &polls_ended, "192.0.2.7");
  talk<local_line> ws(house, &ws_ended);
  open_and_upgrade(polls, ws);
  CHECK(house.seen.take() == "192.0.2.7 plain");
  check_echo(ws);
  check_end_by_server(ws);
  wait(std::move(ws_ended));
  polls.line.close();
  wait(std::move(polls_ended));
}

TEST_CASE("a request that was read already is handed over with a local socket", "[socketio][any_stream]") {
  own_front house;
  asio::io_context here;
  unix_socket ours(here);
  unix_socket theirs(house.context);
  asio::local::connect_pair(ours, theirs);
  cosio::http::request asked = cosio::http::request_builder("GET", polling_target).header("Host", "a.example").build();
  cosio::http::any_stream any(std::move(theirs));
  auto served = start(house.context.get_executor(), house.io.serve(std::move(any), std::move(asked)));
  std::string received;
  std::array<char, 4096> room;
  while (!received.ends_with("}")) received.append(room.data(), ours.read_some(asio::buffer(room)));
  CHECK(received.starts_with("HTTP/1.1 200 "));
  ours.close();
  wait(std::move(served));
}

TEST_CASE("a client that has ended its direction of a local socket is gone", "[socketio][any_stream]") {
  own_front house;
  std::future<void> ended;
  talk<local_line> ws(house, &ended);
  REQUIRE(ws.ask(websocket_request(websocket_target)).status == 101);
  CHECK(ws.text().starts_with("0{"));
  ws.line.send(text_frame("40"));
  CHECK(ws.text().starts_with("40{"));
  ws.line.shutdown_send();
  CHECK(house.left.take() == "transport close");
  wait(std::move(ended));
}

TEST_CASE("a client that does not read its local socket is parted from, and its connection ends",
          "[socketio][any_stream]") {
  cosio::options opts = test_options();
  opts.max_queued_bytes = 100'000;
  own_front house(std::move(opts));
  std::future<void> ended;
  talk<local_line> ws(house, &ended);
  REQUIRE(ws.ask(websocket_request(websocket_target)).status == 101);
  ws.line.send(text_frame("40"));
  house.seen.take();
  const std::string much(90'000, 'x');
  while (house.left.empty()) wait(start(house.context.get_executor(), house.io.emit("much", much)));
  CHECK(house.left.take() == "slow consumer");
  wait(std::move(ended));
}

TEST_CASE("a wait for the end of a connection may be cancelled, and the connection goes on", "[socketio][any_stream]") {
  own_front house;
  asio::io_context here;
  unix_socket ours(here);
  unix_socket theirs(house.context);
  asio::local::connect_pair(ours, theirs);
  cosio::http::any_stream any(std::move(theirs));
  asio::cancellation_signal stop;
  mailbox<bool> waited;
  const auto strand = asio::make_strand(house.context);
  asio::co_spawn(strand, house.io.serve(std::move(any)),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) { waited.put(e == nullptr); }));
  asio::write(ours, asio::buffer(get(polling_target)));
  std::array<char, 1> first;
  ours.read_some(asio::buffer(first));
  std::promise<void> emitted;
  asio::post(strand, [&] {
    stop.emit(asio::cancellation_type::terminal);
    emitted.set_value();
  });
  wait(emitted.get_future());
  CHECK_FALSE(waited.take());
  std::string received;
  std::array<char, 4096> room;
  while (!received.ends_with("}")) received.append(room.data(), ours.read_some(asio::buffer(room)));
  asio::write(ours, asio::buffer(get("/elsewhere")));
  received.clear();
  while (received.find("404") == std::string::npos) received.append(room.data(), ours.read_some(asio::buffer(room)));
}

TEST_CASE("a server that goes without close() ends the connections of silent clients on another io_context",
          "[socketio][any_stream]") {
  asio::io_context application;
  asio::io_context here;
  unix_socket ours(here);
  unix_socket theirs(application);
  asio::local::connect_pair(ours, theirs);
  background threads(application);
  std::array<char, 4096> room;
  std::future<void> served;
  {
    sio_server house;  // has an io_context of its own
    house.start();
    cosio::http::any_stream any(std::move(theirs));
    served = start(application.get_executor(), house.io.serve(std::move(any)));
    asio::write(ours, asio::buffer(websocket_request(websocket_target)));
    std::string received;
    while (received.find("upgrades") == std::string::npos)
      received.append(room.data(), ours.read_some(asio::buffer(room)));
  }
  wait(std::move(served));
  boost::system::error_code ec;
  while (!ec) ours.read_some(asio::buffer(room), ec);
  CHECK(ec == asio::error::eof);
}

TEST_CASE("a client's certificate is seen through a TLS stream of the application", "[socketio][any_stream]") {
  const certificate_files authority("authority");
  const certificate_files anna("anna", &authority);
  mailbox<> shown;
  own_front house;
  house.io.engine().on_connection(
      [&shown](cosio::engine_session s) { shown.put(std::string(s.request().client_certificate())); });
  tls_front door(house, &authority);
  tls_client_options with;
  with.certificate = anna.certificate();
  with.key = anna.key();
  talk<tls_line> client(door.port(), with);
  CHECK(client.ask(get(polling_target)).status == 200);
  std::ifstream file(anna.certificate(), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(shown.take() == text);
  client.line.close();
  CHECK(door.ended.take());
}

TEST_CASE("what a stream does not say of its client is taken from the request that came with it",
          "[socketio][any_stream]") {
  mailbox<> shown;
  cosio::options opts = test_options();
  opts.trusted_proxies = {"192.0.2.9"};
  own_front house(std::move(opts));
  house.io.engine().on_connection([&shown](cosio::engine_session s) {
    const cosio::http::request& asked = s.request();
    shown.put(std::string(asked.remote_address()) + (asked.secure() ? " secure " : " plain ") +
              std::string(asked.client_certificate()));
  });
  struct row {
    const char* address;      // of the stream
    const char* certificate;  // the same
    bool secure;              // the request
    const char* seen;
  };
  const row rows[] = {{"", "", true, "192.0.2.7 secure of the request"},
                      {"", "", false, "192.0.2.7 plain "},
                      {"192.0.2.8", "of the stream", true, "192.0.2.8 secure of the stream"},
                      {"192.0.2.9", "of a proxy", true, "203.0.113.5 secure "}};
  for (const row& r : rows) {
    CAPTURE(r.seen);
    asio::io_context here;
    unix_socket ours(here);
    unix_socket theirs(house.context);
    asio::local::connect_pair(ours, theirs);
    cosio::http::request_builder builder("GET", polling_target);
    builder.header("Host", "a.example").header("X-Forwarded-For", "203.0.113.5");
    builder.remote_address("192.0.2.7").secure(r.secure).client_certificate("of the request");
    cosio::http::any_stream any(std::move(theirs), r.address);
    any.client_certificate(r.certificate);
    auto served = start(house.context.get_executor(), house.io.serve(std::move(any), builder.build()));
    CHECK(shown.take() == r.seen);
    ours.close();
    wait(std::move(served));
  }
}

TEST_CASE("a stream that was moved away is refused", "[socketio][any_stream]") {
  own_front house;
  unix_socket socket(house.context);
  cosio::http::any_stream any(std::move(socket));
  static_cast<void>(any.take());
  auto served = start(house.context.get_executor(), house.io.serve(std::move(any)));
  boost::system::error_code code;
  try {
    wait(std::move(served));
  } catch (const cosio::error& refused) {
    code = refused.code();
  }
  CHECK(code == cosio::errc::bad_argument);
}
